// SPDX-License-Identifier: Apache-2.0
// What the tests of the python step share: wheels made on the spot, a store that holds them, a sandbox that runs the
// machine's own /usr/bin/python3, and the layers laid out as a root file system. Never a network, never a real sandbox.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/named_hash.hpp"
#include "engine/steps/steps.hpp"
#include "support/catch.hpp"
#include "support/fake_http.hpp"
#include "support/zip_file.hpp"
#include "sys/file.hpp"

namespace test {

namespace fs = std::filesystem;
using namespace tmplbuild;

// Commands run on this machine; what a mount would show is reached by its own path.
class FakeSandbox : public Sandbox {
  public:
    struct Session : SandboxSession {
        explicit Session(std::vector<SandboxMount> with) : mounts(std::move(with)) {}
        std::string here(const std::string& text) const {
            for (const SandboxMount& mount : mounts)
                if (text.starts_with(mount.to)) return mount.from.string() + text.substr(mount.to.size());
            return text;
        }
        Result<io::ProcessResult> run(const SandboxCommand& command, std::stop_token stop) override {
            io::Command real{.argv = {}, .environment = {{"PATH", "/usr/bin:/bin"}, {"LANG", "C.UTF-8"}}};
            for (const std::string& argument : command.argv) real.argv.push_back(here(argument));
            for (const auto& [name, value] : command.environment) real.environment[name] = here(value);
            real.inherit_environment = false;
            real.directory = "/";
            real.stdin_text = command.stdin_text;
            real.on_line = command.on_line;
            return io::SystemProcessRunner().run(real, stop);
        }
        fs::path root() const override { return "/"; }
        fs::path upper() const override { return "/nonexistent"; }
        std::vector<SandboxMount> mounts;
    };
    Result<std::unique_ptr<SandboxSession>> open(const std::vector<BuiltLayer>&,
                                                 const std::vector<SandboxMount>& mounts) override {
        ++opened;
        return std::unique_ptr<SandboxSession>(std::make_unique<Session>(mounts));
    }
    int opened = 0;
};

// A wheel as a builder would make it: METADATA, WHEEL and a RECORD that is right unless `record` changes it.
struct TestWheel {
    std::string name = "thing", version = "1.0";
    std::vector<ZipItem> items{};
    std::string entry_points{};
    std::map<std::string, std::string> record{};  // name → hash instead of the right one; "-": not listed
    int group = 0;

    std::string info() const { return name + "-" + version + ".dist-info"; }
    std::string data() const { return name + "-" + version + ".data"; }
    std::vector<ZipItem> members() const {
        std::vector<ZipItem> all = items;
        all.push_back({info() + "/METADATA", "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n"});
        all.push_back({info() + "/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"});
        if (!entry_points.empty()) all.push_back({info() + "/entry_points.txt", entry_points});
        std::string rows;
        for (const ZipItem& item : all) {
            auto other = record.find(item.name);
            if (other != record.end() && other->second == "-") continue;
            rows += item.name + "," + (other == record.end() ? NamedHash::sha256(item.content) : other->second) + "," +
                    std::to_string(item.content.size()) + "\n";
        }
        all.push_back({info() + "/RECORD", rows + info() + "/RECORD,,\n"});
        return all;
    }
};

inline PythonFacts host_python() {
    const auto said = io::SystemProcessRunner()
                          .run({.argv = {"/usr/bin/python3", "-I", "-c",
                                         "import sys, sysconfig, importlib.util as u, os\n"
                                         "print(os.path.realpath('/usr/bin/python3'), sys.version.split()[0],\n"
                                         "      sysconfig.get_config_var('SOABI'), sys.implementation.cache_tag, "
                                         "u.MAGIC_NUMBER.hex())"}},
                               {})
                          .value();
    PythonFacts facts;
    facts.command = "/usr/bin/python3";
    std::istringstream(said.out) >> facts.real_path >> facts.version >> facts.soabi >> facts.cache_tag >> facts.magic;
    return facts;
}

struct PythonPlace {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "python-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    // The venv's path in the image is its real one here, so that what was laid out can be run.
    fs::path root = folder.path() / "root";
    fs::path venv = root / "opt/venv";
    std::string site = "lib/python" + host_python().major_minor() + "/site-packages";
    SilentProgress progress;
    io::SystemProcessRunner processes;
    FakeHttp http;
    FakeSandbox sandbox;
    PythonSpec spec;

    PythonPlace() { spec.locked.venv = venv; }

    LockedDistribution put(const fs::path& file, const std::string& name, const std::string& version) {
        const fs::path temporary = store.new_temp_file().value();
        fs::copy_file(file, temporary);
        LockedDistribution out{name, version, file.filename(), store.adopt_blob(temporary, std::nullopt).value()};
        out.size = store.blob_size(out.sha256).value();
        return out;
    }
    LockedDistribution put(const TestWheel& wheel) {
        const fs::path file = folder.path() / (wheel.name + "-" + wheel.version + "-py3-none-any.whl");
        write_zip(file, wheel.members());
        auto out = put(file, wheel.name, wheel.version);
        out.group = wheel.group;
        return out;
    }
    void add(const TestWheel& wheel) { spec.locked.distributions.push_back(put(wheel)); }

    StepContext context(unsigned jobs = 2) {
        StepContext out{.step = "python:venv",
                        .store = store,
                        .processes = processes,
                        .http = http,
                        .progress = progress,
                        .stop = {},
                        .compression = Compression::none,
                        .contract = {}};
        out.contract.python = host_python();
        out.sandbox = &sandbox;
        out.jobs = jobs;
        return out;
    }
    Result<StepOutput> build(unsigned jobs = 2) {
        StepContext with = context(jobs);
        return build_step(spec, with);
    }
    std::string refusal() {
        auto built = build();
        return built ? "" : built.error().to_string();
    }
    // Lays the layers out at `root`, as a container engine would.
    void lay_out(const StepOutput& output) {
        fs::remove_all(root);
        for (const BuiltLayer& layer : output.layers)
            REQUIRE(run({"tar", "-xpf", store.blob_path(layer.digest), "-C", "/"}).exit_code == 0);
    }
    StepOutput build_and_lay_out() {
        StepOutput output = build().value();
        lay_out(output);
        return output;
    }
    io::ProcessResult run(const std::vector<std::string>& argv) {
        return processes
            .run({.argv = argv,
                  .environment = {{"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C.UTF-8"}},
                  .inherit_environment = false},
                 {})
            .value();
    }
    std::string text(const std::string& path) const { return sys::read_file(venv / path).value(); }
    std::string mode(const std::string& path) const {
        const auto bits = static_cast<unsigned>(fs::status(venv / path).permissions());
        return std::to_string(bits >> 6 & 7) + std::to_string(bits >> 3 & 7) + std::to_string(bits & 7);
    }
};

inline bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace test
