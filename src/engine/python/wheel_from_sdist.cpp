// SPDX-License-Identifier: Apache-2.0
#include "engine/python/wheel_from_sdist.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.hpp"
#include "engine/python/throwaway_venv.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

// The same folder for every build: compilers and backends write it into what they make.
static constexpr const char* build_folder = "/mnt/tmplbuild-sdist";

// What the script says, and its exit code, where the lock lacks a build requirement.
static constexpr const char* needs_words = "it needs to be built: ";
static constexpr int needs_more = 3;

static constexpr const char* build_script = R"(import sys
del sys.path[0]
import importlib, os, re, tarfile, zipfile
import importlib.metadata

folder, name = sys.argv[1:]
source = folder + "/source"
os.mkdir(source)
if name.endswith(".zip"):
    zipfile.ZipFile(folder + "/" + name).extractall(source)
else:
    with tarfile.open(folder + "/" + name) as archive:
        # Where tarfile has no filter yet, the sandbox alone is the limit.
        extra = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(source, **extra)
tops = os.listdir(source)
if len(tops) != 1 or not os.path.isdir(source + "/" + tops[0]):
    sys.exit("it is not an sdist: it holds %d entries at its top instead of one folder" % len(tops))
os.chdir(source + "/" + tops[0])

def missing(requirement):
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    if ";" in requirement or not name:
        return False
    try:
        importlib.metadata.distribution(name.group())
    except importlib.metadata.PackageNotFoundError:
        return True
    return False

def need(requirements):
    lacking = [r for r in requirements if missing(r)]
    if lacking:
        print("it needs to be built: " + "; ".join(lacking), file=sys.stderr)
        sys.exit(3)

system = {}
if os.path.isfile("pyproject.toml"):
    try:
        import tomllib
    except ModuleNotFoundError:
        need(["tomli"])
        import tomli as tomllib
    with open("pyproject.toml", "rb") as f:
        system = tomllib.load(f).get("build-system", {})
need(system.get("requires", ["setuptools"]))
here = os.getcwd()
for path in reversed(system.get("backend-path", [])):
    full = os.path.realpath(path)
    if full != here and not full.startswith(here + "/"):
        sys.exit("its backend-path leads out of it: " + path)
    sys.path.insert(0, full)
module, _, attributes = system.get("build-backend", "setuptools.build_meta:__legacy__").partition(":")
backend = importlib.import_module(module)
for attribute in filter(None, attributes.split(".")):
    backend = getattr(backend, attribute)
if hasattr(backend, "get_requires_for_build_wheel"):
    need(backend.get_requires_for_build_wheel({}))
backend.build_wheel(folder + "/out", {}, None)
)";

namespace {

CanonicalKey key_of(const LockedDistribution& sdist, const std::vector<LockedDistribution>& builders,
                    const StepContext& context) {
    CanonicalKey key;
    key.add("kind", "wheel from an sdist").add("venv", std::int64_t{throwaway_venv_form});
    key.add("script", Sha256::of(build_script)).add("sdist", sdist.sha256);
    for (const LockedDistribution& builder : builders) key.add("builder/" + builder.name, builder.sha256);
    key.add("contract", json::canonical(context.contract.to_json()));
    for (std::size_t i = 0; i < context.below.size(); ++i)  // compilers and headers
        key.add("layer/" + std::to_string(i), context.below[i].diff_id);
    return key;
}

class SdistBuild {
  public:
    SdistBuild(const LockedDistribution& sdist, const std::vector<LockedDistribution>& builders, StepContext& context)
        : sdist_(sdist), builders_(builders), context_(context) {}

    Result<BuiltWheel> run() {
        context_.say("building a wheel of " + sdist_.name + " " + sdist_.version);
        auto folder = context_.store.new_temp_directory("sdist");
        if (!folder) return folder.error();
        folder_ = folder->path();
        if (auto laid = lay_out(); !laid) return laid.error();
        auto memory = run_backend();
        if (!memory) return memory.error();
        auto wheel = take_wheel();
        if (!wheel) return wheel.error();
        return BuiltWheel{std::move(*wheel), *memory};
    }

  private:
    Error failure(const std::string& why) const {
        return build_error("no wheel could be made of " + sdist_.file + ": " + why);
    }

    // folder: venv/ with the builders, out/, and the sdist itself.
    Result<void> lay_out() {
        const PythonFacts& python = *context_.contract.python;
        auto place = VenvPlace::make(std::string(build_folder) + "/venv", python);
        if (!place) return place.error();
        if (auto laid = lay_throwaway_venv(builders_, *place, python, folder_ / "venv", context_.store); !laid)
            return laid;
        if (auto made = sys::make_directories(folder_ / "out"); !made) return made;
        std::error_code failed;
        fs::copy_file(context_.store.blob_path(sdist_.sha256), folder_ / sdist_.file, failed);
        if (failed) return os_error("copy", sdist_.file, failed.value());
        return {};
    }

    Result<std::uint64_t> run_backend() {
        auto session = context_.sandbox->open(context_.below, {{folder_, build_folder, false}});
        if (!session) return session.error();
        const std::string venv = std::string(build_folder) + "/venv";
        SandboxCommand command;
        command.argv = {venv + "/bin/python", "-s", "-W", "ignore", "-", build_folder, sdist_.file};
        command.environment = {{"PATH", venv + "/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                               {"PYTHONHASHSEED", "0"},
                               {"PYTHONDONTWRITEBYTECODE", "1"},
                               {"PYTHONUTF8", "1"},
                               {"SOURCE_DATE_EPOCH", std::to_string(default_mtime)}};
        command.stdin_text = build_script;
        command.on_line = [&](std::string_view line) { context_.progress.line(context_.step, line); };
        auto result = (*session)->run(command, context_.stop);
        if (!result) return result.error();
        if (result->exit_code == 0) return result->peak_memory;
        return explained(result->tail_text(), result->exit_code == needs_more);
    }

    // What is missing, and what brings it.
    Error explained(const std::string& said, bool lacks_packages) const {
        const auto says = [&](const char* words) { return said.find(words) != std::string::npos; };
        // maturin asks for puccinialin, an installer of Rust, where it finds no cargo.
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

    // "a>=1, b\n" → "\"a>=1\", \"b\"".
    static std::string quoted(const std::string& list) {
        std::vector<std::string> out;
        for (const std::string& one : split(list.substr(0, list.find('\n')), ';'))
            out.push_back("\"" + std::string(trim(one)) + "\"");
        return join(out, ", ");
    }

    // What a build leaves is not trusted: no link is followed, and only a plain file is taken.
    Result<LockedDistribution> take_wheel() {
        auto out = sys::open_fd(folder_ / "out", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        if (!out) return failure("its build took the output folder away");
        std::vector<std::string> names;
        std::error_code failed;
        for (const auto& entry : fs::directory_iterator("/proc/self/fd/" + std::to_string(out->get()), failed))
            if (entry.path().extension() == ".whl") names.push_back(entry.path().filename());
        if (names.size() != 1)
            return failure("its build made " + std::to_string(names.size()) + " wheels instead of one");
        const sys::Fd from(::openat(out->get(), names[0].c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        struct stat facts {};
        if (!from || ::fstat(from.get(), &facts) != 0 || !S_ISREG(facts.st_mode))
            return failure("its build made a wheel that is no plain file");
        auto temporary = context_.store.new_temp_file();
        if (!temporary) return temporary.error();
        auto digest = copy(from.get(), *temporary);
        if (!digest) {
            ::unlink(temporary->c_str());
            return digest.error();
        }
        LockedDistribution wheel = sdist_;
        wheel.file = names[0];
        wheel.sha256 = *digest;
        wheel.size = static_cast<std::uint64_t>(facts.st_size);
        return wheel;
    }

    Result<Digest> copy(int from, const fs::path& temporary) {
        auto to = sys::open_fd(temporary, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (!to) return to.error();
        std::vector<std::byte> buffer(1 << 20);
        for (;;) {
            auto got = sys::read_full(from, buffer, "the built wheel");
            if (!got) return got.error();
            if (*got == 0) break;
            if (auto put = sys::write_all(to->get(), std::span(buffer).first(*got), temporary); !put)
                return put.error();
        }
        to->reset();
        return context_.store.adopt_blob(temporary, std::nullopt);
    }

    const LockedDistribution& sdist_;
    const std::vector<LockedDistribution>& builders_;
    StepContext& context_;
    fs::path folder_;
};

}  // namespace

Result<BuiltWheel> wheel_from_sdist(const LockedDistribution& sdist, const std::vector<LockedDistribution>& builders,
                                    StepContext& context) {
    const Digest key = key_of(sdist, builders, context).digest();
    if (const auto known = context.store.find_index("wheel", key); known && known->is_object()) {
        LockedDistribution wheel = sdist;
        wheel.file = json::string_or(known->get_object(), "file", "");
        wheel.size = static_cast<std::uint64_t>(json::int_or(known->get_object(), "size", 0));
        const auto digest = Digest::parse(json::string_or(known->get_object(), "digest", ""));
        if (digest) wheel.sha256 = *digest;
        const auto size = context.store.blob_size(wheel.sha256);
        if (size && *size == wheel.size) return BuiltWheel{wheel, 0};
    }
    auto built = SdistBuild(sdist, builders, context).run();
    if (!built) return built;
    const json::object document{{"file", built->wheel.file},
                                {"digest", built->wheel.sha256.to_string()},
                                {"size", static_cast<std::int64_t>(built->wheel.size)}};
    if (auto put = context.store.put_index("wheel", key, document); !put) return put.error();
    return built;
}

}  // namespace tmplbuild
