// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/build.hpp"
#include "engine/pod/image_user.hpp"
#include "engine/pod/pod_links.hpp"
#include "engine/pod/pod_network.hpp"
#include "engine/pod/port_relay.hpp"
#include "engine/sandbox/host_loan.hpp"

namespace tmplbuild {

namespace {

const char* const loan_inside = "/mnt/tmplbuild-host";

SandboxCommand entrypoint_of(const oci::Image& image, const std::filesystem::path& root, const LocalRun& run,
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
    if (const std::string directory = json::string_or(process, "WorkingDir", ""); !directory.empty())
        command.directory = directory;
    const auto files = sys::Beneath::open(root, sys::Outside::is_root);
    command.user = find_user_in(files.value(), json::string_or(process, "User", "")).value();
    // The image's variables override the machine's, and the caller's override both.
    command.environment.merge(lent);
    for (const auto& [name, value] : run.environment) command.environment[name] = value;
    command.pass_stdin = run.pass_stdin;
    command.pass_terminal = run.pass_terminal;
    return command;
}

// How this machine reaches the pod's ports.
struct Reach {
    std::vector<PublishedPort> ports;
    std::vector<ClaimedPort> claimed;  // until the relay takes them
    std::unique_ptr<PodNetwork> network;
    std::optional<PortRelay> relay;
    bool own_network = false;
};

// Called before anything is built, so that a taken port is reported in the first second; the others are the pod's from
// then on.
Reach claim(const Template& tmpl, const LocalRun& run) {
    Reach out;
    // `--only COMMAND` starts no service.
    const bool no_services = !run.arguments.empty() && run.arguments.front() == "--only";
    Template bare = tmpl;
    if (no_services) bare.services.clear();
    out.ports = ports_to_publish(bare, run.ports);
    out.own_network = !run.host_network && PodNetwork::is_possible();
    if (out.own_network) {
        out.claimed = claim_ports(out.ports).value();
        return out;
    }
    check_free(out.ports).value();
    std::vector<PublishedPort> moved = out.ports;
    std::erase_if(moved, [](const PublishedPort& port) { return port.host == port.pod; });
    out.claimed = claim_ports(moved).value();
    return out;
}

void open_up(Reach& reach, const std::filesystem::path& folder, io::ProcessRunner& processes) {
    if (reach.own_network) reach.network = PodNetwork::make(folder, processes).value();
    reach.relay.emplace(PortRelay::start(std::move(reach.claimed), reach.network ? reach.network->fd() : -1).value());
}

void tell_links(const std::vector<std::string>& links, const LocalRun& run) {
    if (run.on_link)
        for (const std::string& link : links) run.on_link(link);
}

}  // namespace

int run_image(const BuildRequest& request, const LocalRun& asked, const ResolveContext& context) {
    const Store& store = context.store;
    const Template tmpl = parse_template_file(request.template_file, request.parse);
    Reach reach = claim(tmpl, asked);
    const BuildReport report = without_lost_steps(context.cache, [&] { return build_image(request, context); });
    auto sandbox = make_sandbox(store, context.processes, request.sandbox_init).value();
    LocalRun run = asked;
    if (!reach.ports.empty()) run.environment.merge(made_secrets(tmpl, run.environment));
    if (const std::string origins = origins_on_other_ports(tmpl, reach.ports); !origins.empty())
        run.environment.try_emplace("CONSOLE_ORIGINS", origins);
    if (auto made = sys::make_directories(run.volume); !made) throw BuildError(made.error());
    std::vector<SandboxMount> mounts = run.mounts;
    mounts.push_back({std::filesystem::absolute(run.volume), "/workspace", false});
    // A pod on this machine reaches package indexes as the machine does, since it may have to compile a kernel.
    const sys::TempDirectory loan = store.new_temp_directory("host").value();
    // Only this user may enter the outer folder; services of other users read the inner one, which is mounted.
    const std::filesystem::path lent_folder = loan.path() / "lent";
    if (auto made = sys::make_directories(lent_folder); !made) throw BuildError(made.error());
    std::filesystem::permissions(lent_folder, std::filesystem::perms(0755));
    auto lent = lend_host_settings(lent_folder, loan_inside).value();
    mounts.push_back({lent_folder, loan_inside});
    auto session = sandbox->open(report.image.layers, mounts).value();
    if (!reach.own_network && !run.host_network)
        context.progress.message(
            "the pod shares this machine's network, and its services listen where they will: install "
            "slirp4netns for a network of its own");
    open_up(reach, loan.path(), context.processes);
    SandboxCommand command = entrypoint_of(report.image, session->root(), run, std::move(lent));
    if (reach.network) {
        command.network_namespace = reach.network->path();
        command.resolver = reach.network->resolver();
    }
    if (run.on_start) run.on_start();
    const std::vector<std::string> links = pod_links(tmpl, reach.ports, run.environment);
    StartWatch watch(tmpl, reach.ports);
    // From here on, only the command writes to the terminal.
    if (run.pass_terminal) tell_links(links, run);
    command.on_line = [&](std::string_view line) {
        if (run.on_line) run.on_line(line);
        if (watch.completes(line)) tell_links(links, run);
    };
    const auto ended = session->run(command, context.stop);
    // A requested stop is the normal end of such a run.
    if (!ended && ended.error().kind == ErrorKind::interrupted) return 0;
    return ended.value().exit_code;
}

}  // namespace tmplbuild
