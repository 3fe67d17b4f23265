// SPDX-License-Identifier: Apache-2.0
// What the tests of the python step share: a store that holds wheels, the machine's own /usr/bin/python3 as the base's,
// and the layers laid out as a root file system. Never a network, never a real sandbox.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/local_sandbox.hpp"
#include "engine/made_wheel.hpp"
#include "engine/steps/steps.hpp"
#include "support/catch.hpp"
#include "support/fake_http.hpp"
#include "sys/file.hpp"

namespace test {

namespace fs = std::filesystem;
using namespace tmplbuild;

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
