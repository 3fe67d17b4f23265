// SPDX-License-Identifier: Apache-2.0
// A variable of the environment that is set while this value lives, and is afterwards what it was.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace tmplbuild {

class Variable {
  public:
    Variable(std::string name, const std::string& value) : name_(std::move(name)) {
        if (const char* was = std::getenv(name_.c_str())) before_ = was;
        ::setenv(name_.c_str(), value.c_str(), 1);
    }
    ~Variable() {
        if (before_)
            ::setenv(name_.c_str(), before_->c_str(), 1);
        else
            ::unsetenv(name_.c_str());
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

  private:
    std::string name_;
    std::optional<std::string> before_;
};

}  // namespace tmplbuild
