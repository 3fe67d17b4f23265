// SPDX-License-Identifier: Apache-2.0
#include "kernel_job/toolchain.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "base/text.hpp"
#include "kernel_job/command.hpp"

namespace tmplbuild::job {

namespace {

Trouble from_error(const Error& error) {
    const bool full = error.message.find("disk is full") != std::string::npos ||
                      error.message.find("No space left") != std::string::npos;
    return {error.message, full};
}

// pip of the image: the interpreter's own, else the wheel that Debian's venv module keeps.
std::vector<std::string> find_pip(const std::string& python, const Environment& environment) {
    const CommandEnd own = run_command({.argv = {python, "-m", "pip", "--version"}, .environment = environment});
    if (own.ok) return {python, "-m", "pip"};
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator("/usr/share/python-wheels", failed))
        if (entry.path().filename().string().starts_with("pip-")) return {python, entry.path().string() + "/pip"};
    return {};
}

std::string pin_lines(const std::vector<pod::PinnedFile>& files) {
    std::string out;
    for (const pod::PinnedFile& file : files)
        out += file.project + "==" + file.version + " --hash=sha256:" + file.sha256 + "\n";
    return out;
}

// Unpacked once: the folder appears by rename when pip is done, named by what is in it.
boost::system::result<fs::path, Trouble> install(const std::vector<pod::PinnedFile>& files, const std::string& name,
                                                 const std::string& python, const fs::path& work,
                                                 const Environment& environment, const Watch& watch) {
    const std::string pins = pin_lines(files);
    const fs::path done = work / (name + "-" + Sha256::of(pins).short_hex()), made = done.string() + ".new";
    std::error_code failed;
    if (fs::exists(done, failed)) return done;
    const auto pip = find_pip(python, environment);
    if (pip.empty()) return Trouble{"the image has no pip for " + python + ": its toolchain cannot be fetched", false};
    remove_quietly(made);
    if (auto written = write_whole(work / (name + ".txt"), pins); !written) return from_error(written.error());
    Command command{.argv = pip, .environment = environment, .watch = watch};
    for (const std::string& word :
         {std::string("install"), std::string("--no-deps"), std::string("--require-hashes"),
          std::string("--only-binary=:all:"), std::string("--no-compile"), std::string("--no-input"),
          std::string("--no-cache-dir"), std::string("--disable-pip-version-check"),
          std::string("--root-user-action=ignore"), std::string("--target"), made.string(), std::string("-r"),
          (work / (name + ".txt")).string()})
        command.argv.push_back(word);
    const CommandEnd end = run_command(command);
    if (!end.ok) {
        remove_quietly(made);
        return trouble_from("fetching the compiler", end.why, end.tail);
    }
    if (auto moved = rename_path(made, done); !moved) return from_error(moved.error());
    return done;
}

// CUDA_HOME with the front as its nvcc: links into the toolkit for everything else.
Result<void> lay_cuda_home(const Toolchain& tools, const std::string& front) {
    remove_quietly(tools.cuda_home);
    if (auto made = make_folders(tools.cuda_home / "bin"); !made) return made;
    std::error_code failed;
    for (const char* part : {"", "bin"})
        for (const auto& entry : fs::directory_iterator(tools.toolkit / part, failed)) {
            const std::string name = entry.path().filename().string();
            if (name == "bin") continue;
            const bool nvcc = *part != '\0' && name == "nvcc" && !front.empty();
            const fs::path to = nvcc ? fs::path(front) : entry.path();
            if (::symlink(to.c_str(), (tools.cuda_home / part / name).c_str()) != 0)
                return os_error("link", (tools.cuda_home / part / name).string(), errno);
        }
    return {};
}

std::optional<fs::path> find_toolkit(const fs::path& wheels) {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(wheels / "nvidia", failed))
        if (fs::exists(entry.path() / "bin/nvcc", failed)) return entry.path();
    return std::nullopt;
}

}  // namespace

// What pip and git print when nobody answers, or stops answering; the ones that say most come first.
static constexpr std::array network_words{
    "Temporary failure in name resolution",
    "Name or service not known",
    "Could not resolve host",
    "Network is unreachable",
    "No route to host",
    "Connection refused",
    "Connection reset",
    "Connection timed out",
    "Failed to connect",
    "Read timed out",
    "Operation too slow",
    "Connection broken",
    "Connection aborted",
    "IncompleteRead",
    "RemoteDisconnected",
    "The remote end hung up",
    "the remote end hung up",
    "unexpected disconnect",
    "early EOF",
    "ConnectTimeoutError",
    "NewConnectionError",
    "ProtocolError",
    "HTTP error 5",
    "The requested URL returned error: 5",
    "Max retries exceeded",
    "(from versions: none)",
};

Trouble trouble_from(const std::string& doing, const std::string& why, const std::string& tail) {
    const auto says = [&](const char* word) { return tail.find(word) != std::string::npos; };
    if (says("No space left on device") || says("Disk quota exceeded") || says("disk is full"))
        return {doing + " failed: the disk is full; make room, then `tmpl-ctl kernel retry`", true};
    if (says("Read-only file system")) return {doing + " failed: the disk is read-only", true};
    if (const auto word = std::find_if(network_words.begin(), network_words.end(), says); word != network_words.end())
        return {"no network: " + doing + " failed (" + *word + ")", true, "network"};
    if (says("DO NOT MATCH THE HASHES"))
        // pip believes a connection that ended early: a wheel that was cut looks like another one.
        return {
            doing + " failed: what arrived is not what was proven (its hash differs): cut on its way, or other bytes",
            true, "damaged"};
    std::vector<std::string> lines = split(trim(tail), '\n');
    if (lines.size() > 3) lines.erase(lines.begin(), lines.end() - 3);
    return {doing + " failed: " + why + (tail.empty() || tail == why ? "" : ": " + join(lines, " | ")), false};
}

boost::system::result<Toolchain, Trouble> prepare_toolchain(const pod::Kernel& kernel, const fs::path& work,
                                                            const Environment& environment, const Watch& watch) {
    const std::string python = kernel.python.interpreter.empty() ? "python3" : kernel.python.interpreter;
    auto wheels = install(kernel.build.toolchain, "toolchain", python, work, environment, watch);
    if (!wheels) return wheels.error();
    const auto toolkit = find_toolkit(*wheels);
    if (!toolkit) return Trouble{"the toolchain's wheels hold no nvcc", false};
    Toolchain out{*toolkit, work / "cuda", {}};
    std::error_code failed;
    if (!fs::exists(out.toolkit / "lib64", failed)) fs::create_directory_symlink("lib", out.toolkit / "lib64", failed);
    if (!kernel.build.requirements.empty()) {
        auto requirements = install(kernel.build.requirements, "requirements", python, work, environment, watch);
        if (!requirements) return requirements.error();
        out.requirements = *requirements;
    }
    if (auto laid = lay_cuda_home(out, kernel.build.nvcc_front); !laid) return from_error(laid.error());
    return out;
}

}  // namespace tmplbuild::job
