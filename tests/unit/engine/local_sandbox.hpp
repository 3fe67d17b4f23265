// SPDX-License-Identifier: Apache-2.0
// A sandbox that is none: commands run on this machine, in its own root. For tests of steps that only need a program
// of the machine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/sandbox/sandbox.hpp"
#include "io/process.hpp"

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

}  // namespace test
