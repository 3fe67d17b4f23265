// SPDX-License-Identifier: Apache-2.0
#include "kernel/runtime_need.hpp"

#include <algorithm>

namespace tmplbuild::kernel {

static constexpr const char* forms =
    "one of \"cc\", \"c++\", \"python-headers\", \"triton\", \"python:NAME\", \"lib:SONAME\", \"tool:NAME\"";

Result<RuntimeNeed> RuntimeNeed::parse(std::string_view text) {
    if (text == "cc") return RuntimeNeed{Kind::c_compiler, ""};
    if (text == "c++") return RuntimeNeed{Kind::cxx_compiler, ""};
    if (text == "python-headers") return RuntimeNeed{Kind::python_headers, ""};
    if (text == "triton") return RuntimeNeed{Kind::distribution, "triton"};
    const std::size_t colon = text.find(':');
    const std::string_view kind = text.substr(0, colon);
    const std::string_view name = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("._+-").find(c) != std::string_view::npos;
    });
    if (plain && kind == "python") return RuntimeNeed{Kind::distribution, std::string(name)};
    if (plain && kind == "lib") return RuntimeNeed{Kind::library, std::string(name)};
    if (plain && kind == "tool") return RuntimeNeed{Kind::tool, std::string(name)};
    return usage_error("\"" + std::string(text) + "\" is nothing that a kernel can need", forms);
}

std::string RuntimeNeed::to_string() const {
    switch (kind) {
        case Kind::c_compiler:
            return "cc";
        case Kind::cxx_compiler:
            return "c++";
        case Kind::python_headers:
            return "python-headers";
        case Kind::distribution:
            return name == "triton" ? name : "python:" + name;
        case Kind::library:
            return "lib:" + name;
        case Kind::tool:
            return "tool:" + name;
    }
    return name;
}

}  // namespace tmplbuild::kernel
