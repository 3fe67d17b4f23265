// SPDX-License-Identifier: Apache-2.0
// tmplbuild-console: the pod's web program behind the gateway. Reads pod.json and its environment, listens, and prints
// the first screen of the pod's log. With --worker NAME it does one piece of work on the volume and ends.
#include <malloc.h>
#include <openssl/crypto.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "console/files/files_worker.hpp"
#include "console/models/find_model.hpp"
#include "console/models/serve_models.hpp"
#include "console/pages/embedded.hpp"
#include "console/pod/workers.hpp"
#include "console/web/console.hpp"
#include "console/web/first_screen.hpp"
#include "console/web/open_api.hpp"
#include "console/web/server.hpp"
#include "control/address.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;

namespace {

constexpr std::size_t spec_limit = 8U << 20;

std::string variable(const char* name, const char* fallback = "") {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : fallback;
}

void print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

std::string own_file() {
    std::array<char, 4096> path{};
    const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
    return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size))
                    : "/opt/tmplbuild/console/tmplbuild-console";
}

// The launcher's folder, where its control socket is; else the first one that can be made.
Result<std::string> run_folder(const std::vector<std::string>& folders) {
    for (const std::string& folder : folders)
        if (::access(control::socket_in(folder).c_str(), F_OK) == 0) return folder;
    Result<std::string> out = machine_error("there is no folder for the console's socket");
    for (const std::string& folder : folders) {
        auto made = control::make_run_folder(folder);
        if (made) return folder;
        out = made.error();
    }
    return out;
}

Result<pod::PodSpec> read_spec() {
    const std::string file = variable("TMPLBUILD_POD_SPEC", pod::pod_spec_path);
    auto text = sys::read_beginning(file, spec_limit);
    if (!text) return text.error();
    return pod::read_pod_spec(*text, file);
}

// The probe has a loader and a C library of its own, so nothing may be preloaded into it; its driver is found where
// programs of the pod find it.
std::vector<std::string> gpu_probe() {
    const std::string folder = variable("TMPLBUILD_HOME", "/opt/tmplbuild") + "/gpu",
                      more = variable("LD_LIBRARY_PATH");
    if (::access((folder + "/gpu-probe").c_str(), X_OK) != 0) return {};
    return {folder + "/ld-linux-x86-64.so.2", "--library-path", folder + (more.empty() ? "" : ":" + more),
            folder + "/gpu-probe", "--usage"};
}

console::FigurePlaces figure_places(const std::string& program) {
    console::FigurePlaces out;
    out.host.cgroups = variable("TMPLBUILD_CGROUP", "/sys/fs/cgroup");
    out.volume = variable("TMPLBUILD_VOLUME", "/workspace");
    out.environment = console::worker_environment(environ);
    out.environment.emplace_back("TMPLBUILD_PROBE_SECONDS=4");
    out.volume_worker = {program, "--worker", "volume"};
    out.gpu_probe = gpu_probe();
    return out;
}

console::ConsoleSettings settings_of(pod::PodSpec spec, const std::vector<std::string>& folders,
                                     const std::string& folder) {
    const std::string program = own_file();
    const auto environment = console::worker_environment(environ);
    console::ConsoleSettings out;
    std::vector<std::string> notes;
    out.pod_id = variable("RUNPOD_POD_ID");
    out.version = TMPLBUILD_VERSION;
    out.origins = console::OwnOrigins::of(out.pod_id, variable("CONSOLE_ORIGINS"), spec.console_port, notes);
    for (const std::string& note : notes) print(note + "\n");
    const std::string auth = variable("CONSOLE_AUTH", "password");
    out.no_login = auth == "none";
    if (auth != "none" && auth != "password")
        print("CONSOLE_AUTH is neither 'password' nor 'none': a password is asked for\n");
    out.launcher_folders = folders;
    out.figures = figure_places(program);
    out.login = {.console_password = variable("CONSOLE_PASSWORD"), .jupyter_password = variable("JUPYTER_PASSWORD")};
    out.login.volume_worker = console::worker_question(program, "password", environment);
    out.login.own_folder = folder + "/console";
    out.token_reader = console::worker_question(program, "read-tokens", environment);
    out.token_writer = console::worker_question(program, "change-tokens", environment);
    out.handed = {.command = {program, "--worker"}, .environment = console::without_secrets(environment)};
    out.model_finder = console::worker_question(program, "find-model", console::without_secrets(environment));
    out.downloads = console::download_settings(variable("TMPLBUILD_HOME", "/opt/tmplbuild"), environment);
    out.static_files = console::pages::static_files();
    out.pages = console::pages::pages();
    out.open_api = console::open_api_document();
    out.spec = std::move(spec);
    return out;
}

// The volume and /tmp, without what the launcher and the console keep for themselves.
console::files::FilePlaces file_places() {
    return {{variable("TMPLBUILD_VOLUME", "/workspace"), "/tmp"}, control::run_folders(variable("TMPLBUILD_RUN_DIR"))};
}

// Prints the kernels' lines once, when all verdicts are known.
void print_kernels(console::Console& console, bool& printed) {
    const status::Snapshot* snapshot = console.launcher().snapshot();
    if (printed || snapshot == nullptr) return;
    const std::string text = console::kernel_screen(*snapshot);
    if (text.empty()) return;
    printed = true;
    print(text);
}

int serve() {
    const auto folders = control::run_folders(variable("TMPLBUILD_RUN_DIR"));
    const auto folder = run_folder(folders);
    auto spec = read_spec();
    if (!folder || !spec) {
        std::fprintf(stderr, "console: %s\n", (!folder ? folder.error() : spec.error()).to_string().c_str());
        return 1;
    }
    boost::asio::io_context context(1);
    console::Console console(context, settings_of(std::move(*spec), folders, *folder));
    console::Server server(
        context,
        [&](console::Request request, console::Respond respond) {
            console.handle(std::move(request), std::move(respond));
        },
        [&](const console::Request& request) { return console.leaves_body(request); });
    if (auto opened = server.open(*folder + "/console.sock"); !opened) {
        std::fprintf(stderr, "console: %s\n", opened.error().to_string().c_str());
        return 1;
    }
    print("console: listening\n");
    bool printed = true;  // the kernels' lines come after the first screen
    const auto screen = [&console, &printed](const std::optional<console::Login::Found>& found, bool announced) {
        print(console::first_screen(console.settings().spec, console.settings().origins, found, announced));
        print_kernels(console, printed = false);
    };
    // A password that was made stands on the pod's own stdout, and in no log that the console serves or the volume
    // keeps: the launcher shows it. Where none answers, nobody keeps a log either.
    const auto announce = [&console, screen](const console::Login::Found& found) {
        const auto request = console::password_announcement(found);
        if (!request) return screen(found, false);
        console.launcher().ask(*request, [screen, found](const console::LauncherClient::Answer& answer) {
            screen(found, !answer.missing);
        });
    };
    console.say = [](const std::string& line) { print(line + "\n"); };
    console.on_snapshot = [&] { print_kernels(console, printed); };
    console.start(announce);
    if (console.settings().no_login) screen(std::nullopt, false);
    boost::asio::signal_set ends(context, SIGTERM, SIGINT);
    boost::asio::steady_timer last_answers(context);
    ends.async_wait([&](const boost::system::error_code&, int) {
        // Whoever asked for the console's restart waits for the launcher's answer.
        server.close();
        last_answers.expires_after(std::chrono::milliseconds(200));
        last_answers.async_wait([&](const boost::system::error_code&) { context.stop(); });
    });
    context.run();
    return 0;
}

std::map<std::string, std::string> own_environment() {
    std::map<std::string, std::string> out;
    for (const char* const* entry = environ; *entry != nullptr; ++entry) {
        const std::string_view one = *entry;
        const std::size_t equals = one.find('=');
        if (equals != std::string_view::npos) out.emplace(one.substr(0, equals), one.substr(equals + 1));
    }
    return out;
}

int answer_find_model() {
    const auto text = sys::read_open_file(0, "the wish", 64 << 10);
    const auto wish = text ? json::parse(*text, "the wish") : Result<json::value>(text.error());
    if (!wish || !wish->is_object()) return 2;
    print(json::compact(console::find_model(wish->get_object(), console::ModelPlaces::of(own_environment()))) + "\n");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    // No configuration of the image's OpenSSL: it could name modules to load, which a static program cannot.
    ::OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    if (argc == 3 && std::string_view(argv[1]) == "--worker" && std::string_view(argv[2]) == "models")
        return console::serve_handed(STDIN_FILENO, [](console::Conversation& talk) {
            return console::serve_models(talk, console::ModelPlaces::of(own_environment()));
        });
    if (argc == 3 && std::string_view(argv[1]) == "--worker" && std::string_view(argv[2]) == "files")
        return console::serve_handed(
            0, [](console::Conversation& talk) { return console::files::work(talk, file_places()); });
    if (argc == 3 && std::string_view(argv[1]) == "--worker" && std::string_view(argv[2]) == "find-model")
        return answer_find_model();
    if (argc == 3 && std::string_view(argv[1]) == "--worker")
        return console::run_worker(argv[2], variable("TMPLBUILD_VOLUME", "/workspace"));
    if (argc != 1) {
        std::fputs("console: it takes no arguments\n", stderr);
        return 2;
    }
    ::mallopt(M_ARENA_MAX, 1);
    ::mallopt(M_MMAP_THRESHOLD, 128 << 10);  // a password's hash takes 16 MiB, and gives them back
    std::signal(SIGPIPE, SIG_IGN);
    return serve();
}
