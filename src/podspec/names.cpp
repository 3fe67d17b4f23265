// SPDX-License-Identifier: Apache-2.0
#include "podspec/names.hpp"

#include <sys/resource.h>

#include <array>
#include <utility>

namespace tmplbuild::pod {

namespace {

using Numbered = std::pair<const char*, int>;
constexpr std::array<Numbered, 13> resources = {{{"as", RLIMIT_AS},
                                                 {"core", RLIMIT_CORE},
                                                 {"cpu", RLIMIT_CPU},
                                                 {"data", RLIMIT_DATA},
                                                 {"fsize", RLIMIT_FSIZE},
                                                 {"memlock", RLIMIT_MEMLOCK},
                                                 {"msgqueue", RLIMIT_MSGQUEUE},
                                                 {"nice", RLIMIT_NICE},
                                                 {"nofile", RLIMIT_NOFILE},
                                                 {"nproc", RLIMIT_NPROC},
                                                 {"rtprio", RLIMIT_RTPRIO},
                                                 {"sigpending", RLIMIT_SIGPENDING},
                                                 {"stack", RLIMIT_STACK}}};

}  // namespace

std::optional<int> resource_number(std::string_view name) {
    for (const auto& [word, number] : resources)
        if (name == word) return number;
    return std::nullopt;
}

std::vector<std::string> resource_names() {
    std::vector<std::string> out;
    for (const auto& [word, number] : resources) out.emplace_back(word);
    return out;
}

}  // namespace tmplbuild::pod
