// SPDX-License-Identifier: Apache-2.0
#include "engine/python/backend_run.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.hpp"
#include "engine/python/build_script.hpp"
#include "engine/python/throwaway_venv.hpp"
#include "plan/keys.hpp"
#include "resolve/source_tree.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

// The same folder for every build, since compilers and backends write it into their output.
static constexpr const char* build_folder = "/mnt/tmplbuild-sdist";

// The script's message and exit code where the lock lacks a build requirement.
static constexpr const char* needs_words = "it needs to be built: ";
static constexpr int needs_more = 3;

static const char* word_of(BackendMake make, const LockedDistribution& source) {
    if (make == BackendMake::metadata) return "metadata";
    return source.editable.empty() ? "wheel" : "editable";
}

CanonicalKey backend_key(BackendMake make, const LockedDistribution& source,
                         const std::vector<LockedDistribution>& builders, const StepContext& context) {
    CanonicalKey key;
    key.add("kind", make == BackendMake::wheel ? "wheel from an sdist" : "metadata of sources");
    key.add("venv", std::int64_t{throwaway_venv_form});
    key.add("script", Sha256::of(build_script)).add("sdist", source.sha256);
    if (const auto words = source.build_words(); !words.empty()) key.add("sources", words);
    for (const LockedDistribution& builder : builders) key.add("builder/" + builder.name, builder.sha256);
    add_step_environment(key);
    key.add("contract", json::canonical(context.contract.to_json()));
    for (std::size_t i = 0; i < context.below.size(); ++i)  // compilers and headers
        key.add("layer/" + std::to_string(i), context.below[i].diff_id);
    return key;
}

Result<BackendRun> BackendRun::start(BackendMake make, const LockedDistribution& source,
                                     const std::vector<LockedDistribution>& builders, StepContext& context) {
    auto folder = context.store.new_temp_directory("sdist");
    if (!folder) return folder.error();
    BackendRun out(make, source, std::move(*folder));
    if (auto laid = out.lay_out(builders, context); !laid) return laid.error();
    if (auto run = out.run(context); !run) return run.error();
    return out;
}

Error BackendRun::failure(const std::string& why) const {
    const auto tree = SourceTree::parse(source_.source);
    const std::string what = tree ? tree->shown() : source_.file;
    if (make_ == BackendMake::metadata) return build_error(what + " cannot be asked for its version: " + why);
    return build_error("no wheel could be made of " + what + ": " + why);
}

// Fills the folder: venv/ with the builders, out/, and the source itself.
Result<void> BackendRun::lay_out(const std::vector<LockedDistribution>& builders, StepContext& context) {
    const PythonFacts& python = *context.contract.python;
    auto place = VenvPlace::make(std::string(build_folder) + "/venv", python);
    if (!place) return place.error();
    const fs::path& folder = folder_.path();
    if (auto laid = lay_throwaway_venv(builders, *place, python, folder / "venv", context.store); !laid) return laid;
    if (auto made = sys::make_directories(folder / "out"); !made) return made;
    std::error_code failed;
    fs::copy_file(context.store.blob_path(source_.sha256), folder / source_.file, failed);
    if (failed) return os_error("copy", source_.file, failed.value());
    return {};
}

Result<void> BackendRun::run(StepContext& context) {
    auto session = context.sandbox->open(context.below, {{folder_.path(), build_folder, false}});
    if (!session) return session.error();
    const auto tree = SourceTree::parse(source_.source);
    const std::string venv = std::string(build_folder) + "/venv";
    SandboxCommand command;
    command.argv = {venv + "/bin/python",
                    "-s",
                    "-W",
                    "ignore",
                    "-",
                    build_folder,
                    source_.file,
                    word_of(make_, source_),
                    tree ? tree->subdirectory : "",
                    make_ == BackendMake::wheel ? source_.editable : "",
                    tree ? tree->scm_version() : ""};
    command.environment = {{"PATH", venv + "/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                           {"PYTHONHASHSEED", "0"},
                           {"PYTHONDONTWRITEBYTECODE", "1"},
                           {"PYTHONUTF8", "1"},
                           {"SOURCE_DATE_EPOCH", std::to_string(default_mtime)}};
    command.stdin_text = build_script;
    command.on_line = [&](std::string_view line) { context.progress.line(context.step, line); };
    auto result = (*session)->run(command, context.stop);
    if (!result) return result.error();
    peak_memory_ = result->peak_memory;
    if (result->exit_code != 0) return explained(result->tail_text(), result->exit_code == needs_more);
    return {};
}

// "a>=1; b\n" → "\"a>=1\", \"b\"".
static std::string quoted(const std::string& list) {
    std::vector<std::string> out;
    for (const std::string& one : split(list.substr(0, list.find('\n')), ';'))
        out.push_back("\"" + std::string(trim(one)) + "\"");
    return join(out, ", ");
}

// What is missing, and how to add it.
Error BackendRun::explained(const std::string& said, bool lacks_packages) const {
    const auto says = [&](const char* words) { return said.find(words) != std::string::npos; };
    // Where maturin finds no cargo, it asks for puccinialin, an installer of Rust.
    const bool rust = says("puccinialin") || says("Rust compiler") || says("cargo, the Rust") ||
                      says("Cargo, the Rust") || says("`cargo` ") || says("'cargo'");
    const std::string more(said.substr(std::min(said.size(), said.rfind(needs_words))));
    Error error = failure(rust             ? "it is built with Rust, and there is none"
                          : lacks_packages ? "it needs more to be built than it says"
                                           : "its build backend failed");
    error.detail = said;
    if (rust)
        error.hint =
            "add an `apt` layer with packages = [\"cargo\"] above the python layer (for a newer Rust, a "
            "`run` layer with rustup), or require a version that has a wheel";
    else if (lacks_packages)
        error.hint = "add to the python layer: build_requirements = [" +
                     (more.starts_with(needs_words) ? quoted(more.substr(std::string_view(needs_words).size()))
                                                    : std::string("…")) +
                     "], or require a version that has a wheel";
    else
        error.hint =
            "give the image what it is built with, in an `apt` layer above the python layer (packages = "
            "[\"g++\", \"python3-dev\"]), or require a version that has a wheel";
    return error;
}

Result<std::vector<std::string>> BackendRun::made() const {
    auto out = sys::open_fd(folder_.path() / "out", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!out) return failure("its build took the output folder away");
    std::vector<std::string> names;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator("/proc/self/fd/" + std::to_string(out->get()), failed))
        names.push_back(entry.path().filename());
    return names;
}

Result<sys::Fd> BackendRun::open_made(const std::string& name, std::uint64_t& size) const {
    auto out = sys::open_fd(folder_.path() / "out", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!out) return failure("its build took the output folder away");
    sys::Fd from(::openat(out->get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat facts {};
    if (!from || ::fstat(from.get(), &facts) != 0 || !S_ISREG(facts.st_mode))
        return failure("its build made a " + std::string(make_ == BackendMake::wheel ? "wheel" : "METADATA") +
                       " that is no plain file");
    size = static_cast<std::uint64_t>(facts.st_size);
    return from;
}

}  // namespace tmplbuild
