// SPDX-License-Identifier: Apache-2.0
// A credential helper without a process: what it would be asked, and what it answers.
#pragma once

#include <string>
#include <vector>

#include "io/process.hpp"

namespace tmplbuild {

class FakeHelper : public io::ProcessRunner {
  public:
    io::ProcessResult answer{};
    std::vector<io::Command> asked{};

    Result<io::ProcessResult> run(const io::Command& command, std::stop_token) override {
        asked.push_back(command);
        return answer;
    }
};

}  // namespace tmplbuild
