// SPDX-License-Identifier: Apache-2.0
#include "compile/step_environment.hpp"

namespace tmplbuild::compile {

const std::map<std::string, std::string>& step_environment() {
    static const std::map<std::string, std::string> variables{
        {"PATH", standard_path},
        {"HOME", "/root"},
        {"LC_ALL", "C.UTF-8"},
        {"LANG", "C.UTF-8"},
        {"TZ", "UTC"},
        {"TERM", "dumb"},
        {"DEBIAN_FRONTEND", "noninteractive"},
        // With it, Python makes bytecode that does not depend on times (py_compile, "PycInvalidationMode").
        {"SOURCE_DATE_EPOCH", "315532800"}};
    return variables;
}

}  // namespace tmplbuild::compile
