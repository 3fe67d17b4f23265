// SPDX-License-Identifier: Apache-2.0
// What a kernel needs in the image when it runs, besides its own modules, as a recipe declares it: "cc",
// "python-headers", "lib:libgomp.so.1". Templates are checked against it, and verify/ looks for each need. Never looks
// at any file itself.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild::kernel {

struct RuntimeNeed {
    enum class Kind {
        c_compiler,      // "cc": compiler, assembler, linker and the C library's headers
        cxx_compiler,    // "c++": the same for C++
        python_headers,  // "python-headers": Python.h of the venv's Python
        distribution,    // "python:NAME", and "triton" for python:triton: installed in the venv
        library,         // "lib:SONAME": where the dynamic linker finds it
        tool,            // "tool:NAME": a program on PATH or in /sbin
    };
    Kind kind = Kind::tool;
    std::string name;  // of the last three

    static Result<RuntimeNeed> parse(std::string_view text);  // a usage error that lists the forms otherwise
    std::string to_string() const;
    bool operator==(const RuntimeNeed&) const = default;
};

}  // namespace tmplbuild::kernel
