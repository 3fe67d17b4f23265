// SPDX-License-Identifier: Apache-2.0
#include "build/build.hpp"
#include "build/sandbox/host_loan.hpp"

namespace tmplbuild {

static const char* const loan_inside = "/mnt/tmplbuild-host";

static SandboxCommand entrypoint_of(const oci::Image& image, const LocalRun& run,
                                    std::map<std::string, std::string> lent) {
    SandboxCommand command;
    command.is_entrypoint = true;
    const json::value config = json::parse(image.config, "the image's config").value();
    const json::object& process = *json::get_object(config.get_object(), "config").value();
    if (process.contains("Env"))
        for (const json::value& entry : process.at("Env").as_array()) {
            const std::string text(entry.as_string());
            command.environment[text.substr(0, text.find('='))] = text.substr(text.find('=') + 1);
        }
    for (const json::value& word : process.at("Entrypoint").as_array())
        command.argv.emplace_back(std::string(word.as_string()));
    command.argv.insert(command.argv.end(), run.arguments.begin(), run.arguments.end());
    // The image's word counts before the machine's, and the caller's before both.
    command.environment.merge(lent);
    for (const auto& [name, value] : run.environment) command.environment[name] = value;
    command.on_line = run.on_line;
    return command;
}

int run_image(const BuildRequest& request, const LocalRun& run, const Store& store, io::ProcessRunner& processes,
              Progress& progress, std::stop_token stop) {
    const BuildReport report = build_image(request, store, processes, progress, stop);
    auto sandbox = make_sandbox(store, processes, request.sandbox_init).value();
    if (auto made = sys::make_directories(run.volume); !made) throw BuildError(made.error());
    std::vector<SandboxMount> mounts = run.mounts;
    mounts.push_back({std::filesystem::absolute(run.volume), "/workspace", false});
    // A pod on this machine reaches package indexes as the machine does: it may have to compile a kernel.
    const sys::TempDirectory loan = store.new_temp_directory("host").value();
    // The outer folder is ours alone; the inner one is read by services of other users too.
    const std::filesystem::path lent_folder = loan.path() / "lent";
    if (auto made = sys::make_directories(lent_folder); !made) throw BuildError(made.error());
    std::filesystem::permissions(lent_folder, std::filesystem::perms(0755));
    auto lent = lend_host_settings(lent_folder, loan_inside).value();
    mounts.push_back({lent_folder, loan_inside});
    auto session = sandbox->open(report.image.layers, mounts).value();
    const auto ended = session->run(entrypoint_of(report.image, run, std::move(lent)), stop);
    // A stop that was asked for is how such a run ends.
    if (!ended && ended.error().kind == ErrorKind::interrupted) return 0;
    return ended.value().exit_code;
}

}  // namespace tmplbuild
