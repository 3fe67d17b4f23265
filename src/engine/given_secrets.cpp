// SPDX-License-Identifier: Apache-2.0
#include "engine/given_secrets.hpp"

#include <set>

#include "base/secret_mask.hpp"
#include "base/text.hpp"
#include "engine/shared_cache.hpp"
#include "plan/narrow.hpp"
#include "plan/sources.hpp"
#include "template/layer_traits.hpp"

namespace tmplbuild {

void check_secrets(const Template& tmpl, const std::map<std::string, std::string>& given, const PrepareOptions& options,
                   const std::vector<std::string>& only, const ResolveContext& context) {
    std::set<std::string> missing, asked;
    for (const Layer& layer : tmpl.layers) {
        for (const std::string& name : traits_of(layer).secrets) {
            asked.insert(name);
            const auto found = given.find(name);
            if (found == given.end())
                missing.insert(name);
            else if (!SecretMask::can_hide(found->second))
                context.progress.message("warning: the secret '" + name + "' has no line of " +
                                         std::to_string(SecretMask::shortest) +
                                         " characters or more: if a command prints it, the log shows it");
        }
    }
    for (const auto& [name, content] : given) {
        if (asked.contains(name)) continue;
        const std::string guess = did_you_mean(name, {asked.begin(), asked.end()});
        context.progress.message("warning: no step of the template asks for the secret '" + name + "'" +
                                 (guess.empty() ? "" : "; " + guess));
    }
    if (missing.empty() && only.empty()) return;
    // A step that is in the store or in a shared cache needs no secret; this looks it up as `plan` does.
    PrepareOptions offline = options;
    offline.offline = true;
    const Prepared prepared = prepare(tmpl, offline, context);
    Plan plan = make_plan(tmpl, prepared.lock, prepared.facts);
    // A name that is no step's is refused here, before anything is fetched.
    if (!only.empty()) plan = narrowed(plan, only);
    std::vector<Error> errors;
    for (const Step& step : plan.steps) {
        if (step.key && context.store.find_record(step.key->digest())) continue;
        if (step.key && context.cache != nullptr && context.cache->find(step.key->digest(), context.stop)) continue;
        for (const std::string& name : sources_of(step).secrets)
            if (missing.contains(name))
                errors.push_back(usage_error("the step " + step.id + " needs the secret '" + name + "'",
                                             "give its file with --secret " + name + "=FILE"));
    }
    if (!errors.empty()) throw BuildError(std::move(errors));
}

}  // namespace tmplbuild
