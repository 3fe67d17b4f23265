// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.hpp"
#include "build/debian_base.hpp"
#include "build/steps/steps.hpp"
#include "pack/tree_packer.hpp"

namespace tmplbuild {

// Secrets must not reach a log, whatever the command prints. Short ones would hide half the output.
static std::string mask(std::string line, const std::map<std::string, std::string>& secrets) {
    static constexpr std::size_t shortest = 4;
    for (const auto& [name, content] : secrets) {
        const std::string value(trim(content));
        if (value.size() < shortest) continue;
        for (std::size_t at = 0; (at = line.find(value, at)) != std::string::npos; at += 3)
            line.replace(at, value.size(), "***");
    }
    return line;
}

Result<StepOutput> build_run(const RunSpec& spec, StepContext& context) {
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
    command.may_gain_privileges = true;  // a user's own command, as other builders run it
    if (command.argv.empty()) command.argv = {"/bin/sh", "-eu", "-c", spec.layer.script};
    command.on_line = [&](std::string_view line) {
        context.progress.line(context.step, mask(std::string(line), secrets));
    };
    context.say("running");
    auto done = (*session)->run_checked(command, context.stop, "the command");
    if (!done) {
        Error error = done.error();
        error.detail = mask(error.detail, secrets);
        return error;
    }
    context.say("packing");
    // Whatever the command wrote has the time of this build; nothing of it may stay.
    TreePackOptions options{{context.compression, context.step}, default_mtime, [](const std::string& path, bool) {
                                return is_scrubbed(path);
                            }};
    options.overlay_upper = true;
    options.is_below = [&](const std::string& path) { return (*session)->is_below(path); };
    auto layer = pack_tree(context.store, (*session)->upper(), options);
    if (!layer) return layer.error();
    return StepOutput{{*layer}, {}, done->peak_memory};
}

}  // namespace tmplbuild
