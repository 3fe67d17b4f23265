// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/run_leavings.hpp"
#include "engine/steps/steps.hpp"
#include "pack/tree_packer.hpp"

namespace tmplbuild {

Result<StepOutput> build_step(const RunSpec& spec, StepContext& context) {
    std::map<std::string, std::string> secrets;
    for (const std::string& name : spec.layer.secrets) {
        auto given = context.secrets.find(name);
        if (given == context.secrets.end())
            return usage_error("the step " + context.step + " needs the secret '" + name + "'",
                               "give its file with --secret " + name + "=FILE");
        secrets.insert(*given);
    }
    auto session = context.sandbox->open(context.below, {});
    if (!session) return session.error();
    SandboxCommand command{.argv = spec.layer.command,
                           .environment = spec.layer.environment,
                           .directory = spec.layer.directory,
                           .network = spec.layer.network,
                           .secrets = secrets};
    command.may_gain_privileges = true;  // a user's own command, run as other builders do it
    if (command.argv.empty()) command.argv = {"/bin/sh", "-eu", "-c", spec.layer.script};
    command.on_line = [&](std::string_view line) { context.progress.line(context.step, line); };
    context.say("running");
    auto done = (*session)->run_checked(command, context.stop, "the command");
    if (!done) return done.error();
    if (auto allowed = refuse_reserved_places((*session)->root(), (*session)->upper()); !allowed)
        return allowed.error();
    context.say("packing");
    // Times that the command wrote are those of this build; none of them may stay.
    LeftOut left_out((*session)->upper());
    TreePackOptions options{{context.compression, context.step}, default_mtime, [&](const std::string& path, bool) {
                                return left_out.skip(path);
                            }};
    options.overlay_upper = true;
    options.is_below = [&](const std::string& path) { return (*session)->is_below(path); };
    auto layer = pack_tree(context.store, (*session)->upper(), options);
    if (!layer) return layer.error();
    if (const auto hosts = (*session)->changed_hosts()) left_out.add("etc/hosts", hosts->size());
    if (const std::string words = left_out.to_string(); !words.empty())
        context.progress.message(context.step + ": " + words);
    return StepOutput{{*layer}, {}, done->peak_memory};
}

}  // namespace tmplbuild
