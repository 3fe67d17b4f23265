// SPDX-License-Identifier: Apache-2.0
#include "kernel_job/toolchain.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/text.hpp"
#include "kernel/driver_stub.hpp"
#include "kernel/toolkit_links.hpp"
#include "sys/file.hpp"

namespace tmplbuild::job {

namespace {

JobFailure from_error(const Error& error) {
    return {error.message, error.os_code == ENOSPC || error.os_code == EDQUOT};
}

// The image's pip: the interpreter's own, else the wheel that Debian's venv module keeps. A missing pip says nothing
// about the kernel, since the same key may be compiled in another image.
boost::system::result<std::vector<std::string>, JobFailure> find_pip(const std::string& python,
                                                                     const Environment& environment) {
    const CommandEnd there = run_command({.argv = {python, "-c", ""}, .environment = environment});
    if (!there.ok)
        return JobFailure{"the image has no working Python (" + python + "), whose pip would fetch the compiler", true};
    // Only the exit code counts: a missing pip is no error here, so its message is kept out of the pod's log.
    const CommandEnd own =
        run_command({.argv = {python, "-c", "import importlib.util as u, sys; sys.exit(not u.find_spec('pip'))"},
                     .environment = environment});
    if (own.ok) return std::vector<std::string>{python, "-m", "pip"};
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator("/usr/share/python-wheels", failed))
        if (entry.path().filename().string().starts_with("pip-"))
            return std::vector<std::string>{python, entry.path().string() + "/pip"};
    return JobFailure{"the image has no pip for " + python + ", which would fetch the compiler", true};
}

std::string pin_lines(const std::vector<pod::PinnedFile>& files) {
    std::string out;
    for (const pod::PinnedFile& file : files)
        out += file.project + "==" + file.version + " --hash=sha256:" + file.sha256 + "\n";
    return out;
}

// Unpacked once: the folder appears by rename when pip has finished, named by its content.
boost::system::result<fs::path, JobFailure> install(const std::vector<pod::PinnedFile>& files, const std::string& name,
                                                    const std::string& python, const fs::path& work,
                                                    const Environment& environment, const Watch& watch) {
    const std::string pins = pin_lines(files);
    const fs::path done = work / (name + "-" + Sha256::of(pins).short_hex()), made = done.string() + ".new";
    std::error_code failed;
    if (fs::exists(done, failed)) return done;
    const auto pip = find_pip(python, environment);
    if (!pip) return pip.error();
    (void)sys::remove_tree(made);
    if (auto written = sys::write_file_atomic(work / (name + ".txt"), pins); !written)
        return from_error(written.error());
    Command command{.argv = *pip, .environment = environment, .watch = watch};
    command.environment["PIP_ROOT_USER_ACTION"] = "ignore";  // as an option, pip before 22.1 refuses it
    for (const std::string& word :
         {std::string("install"), std::string("--no-deps"), std::string("--require-hashes"),
          std::string("--only-binary=:all:"), std::string("--no-compile"), std::string("--no-input"),
          std::string("--no-cache-dir"), std::string("--disable-pip-version-check"), std::string("--progress-bar=off"),
          std::string("--target"), made.string(), std::string("-r"), (work / (name + ".txt")).string()})
        command.argv.push_back(word);
    const CommandEnd end = run_command(command);
    if (!end.ok) {
        (void)sys::remove_tree(made);
        if (end.stopped) return JobFailure{end.why, true};
        JobFailure failure = failure_of("fetching the compiler", end.why, end.tail);
        failure.transient = true;  // this says nothing about the kernel, whatever the words are
        return failure;
    }
    if (auto moved = sys::rename_path(made, done); !moved) return from_error(moved.error());
    return done;
}

// Makes CUDA_HOME with nvcc-front as its nvcc, and links into the toolkit for everything else.
Result<void> lay_cuda_home(const fs::path& toolkit, const fs::path& home, const std::string& front) {
    (void)sys::remove_tree(home);
    if (auto made = sys::make_directories(home / "bin"); !made) return made;
    std::error_code failed;
    for (const char* part : {"", "bin"})
        for (const auto& entry : fs::directory_iterator(toolkit / part, failed)) {
            const std::string name = entry.path().filename().string();
            if (name == "bin") continue;
            const bool nvcc = *part != '\0' && name == "nvcc" && !front.empty();
            const fs::path to = nvcc ? fs::path(front) : entry.path();
            if (::symlink(to.c_str(), (home / part / name).c_str()) != 0)
                return os_error("link", (home / part / name).string(), errno);
        }
    return {};
}

// Makes `name` in the work folder a link to what was unpacked elsewhere.
Result<void> link_as(const fs::path& name, const fs::path& target) {
    (void)sys::remove_tree(name);
    if (auto made = sys::make_directories(name.parent_path()); !made) return made;
    if (::symlink(target.c_str(), name.c_str()) != 0) return os_error("link", name.string(), errno);
    return {};
}

std::optional<JobFailure> make_driver_stub(const fs::path& toolkit, const fs::path& work,
                                           const Environment& environment) {
    const fs::path folder = work / "stub", assembly = folder / "cuda.s";
    auto header = sys::read_file(toolkit / "include/cuda.h", 16U << 20);
    if (!header) return from_error(header.error());
    auto written = sys::make_directories(folder);
    if (written) written = sys::write_file_atomic(assembly, driver_stub_assembly(*header));
    if (!written) return from_error(written.error());
    const CommandEnd end = run_command(
        {.argv = driver_stub_command(assembly.string(), (folder / "libcuda.so").string()), .environment = environment});
    if (!end.ok) return failure_of("making a stand-in for libcuda", end.why, end.tail);
    return std::nullopt;
}

std::optional<fs::path> find_toolkit(const fs::path& wheels) {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(wheels / "nvidia", failed))
        if (fs::exists(entry.path() / "bin/nvcc", failed)) return entry.path();
    return std::nullopt;
}

}  // namespace

compile::Texts nvidia_headers(const fs::path& site_packages) {
    compile::Texts names;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(site_packages / "nvidia", failed))
        if (fs::is_directory(entry.path() / "include", failed)) names.push_back(entry.path().filename().string());
    return compile::nvidia_headers(site_packages.string(), std::move(names));
}

boost::system::result<Toolchain, JobFailure> prepare_toolchain(const pod::Kernel& kernel, const fs::path& work,
                                                               const Environment& environment, const Watch& watch) {
    const std::string python = kernel.python.interpreter.empty() ? "python3" : kernel.python.interpreter;
    auto wheels = install(kernel.build.toolchain, "toolchain", python, work, environment, watch);
    if (!wheels) return wheels.error();
    const auto toolkit = find_toolkit(*wheels);
    if (!toolkit) return JobFailure{"the toolchain's wheels hold no nvcc", false};
    Toolchain out{*toolkit, {}};
    std::error_code failed;
    if (!fs::exists(out.toolkit / "lib64", failed)) fs::create_directory_symlink("lib", out.toolkit / "lib64", failed);
    if (auto linked = link_libraries(out.toolkit / "lib"); !linked) return from_error(linked.error());
    if (auto linked = link_as(work / "toolkit", out.toolkit); !linked) return from_error(linked.error());
    if (!kernel.build.requirements.empty()) {
        auto requirements = install(kernel.build.requirements, "wheels", python, work, environment, watch);
        if (!requirements) return requirements.error();
        out.requirement_packages = compile::site_packages(kernel.python.version, kernel.python.soabi);
        auto linked = link_as(work / "requirements" / out.requirement_packages, *requirements);
        if (linked) linked = link_as(work / "requirements/bin", *requirements / "bin");
        if (!linked) return from_error(linked.error());
    }
    if (kernel.build.driver_stub)
        if (auto failure = make_driver_stub(out.toolkit, work, environment)) return *failure;
    if (auto laid = lay_cuda_home(out.toolkit, work / "cuda", kernel.build.nvcc_front); !laid)
        return from_error(laid.error());
    return out;
}

}  // namespace tmplbuild::job
