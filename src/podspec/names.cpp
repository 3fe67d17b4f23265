// SPDX-License-Identifier: Apache-2.0
#include "podspec/names.hpp"

#include <sys/resource.h>

#include <array>
#include <csignal>
#include <utility>

namespace tmplbuild::pod {

namespace {

using Numbered = std::pair<const char*, int>;
constexpr std::array<Numbered, 8> signals = {{{"TERM", SIGTERM},
                                              {"INT", SIGINT},
                                              {"QUIT", SIGQUIT},
                                              {"HUP", SIGHUP},
                                              {"USR1", SIGUSR1},
                                              {"USR2", SIGUSR2},
                                              {"KILL", SIGKILL},
                                              {"WINCH", SIGWINCH}}};
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

template <class Table>
std::optional<int> number_in(const Table& table, std::string_view name) {
    for (const auto& [word, number] : table)
        if (name == word) return number;
    return std::nullopt;
}

template <class Table>
std::vector<std::string> names_of(const Table& table) {
    std::vector<std::string> out;
    for (const auto& entry : table) out.emplace_back(entry.first);
    return out;
}

}  // namespace

const char* to_string(InstallMode mode) {
    switch (mode) {
        case InstallMode::background:
            return "background";
        case InstallMode::required:
            return "true";
        case InstallMode::off:
            return "false";
    }
    return "background";
}

std::optional<InstallMode> parse_install_mode(std::string_view word) {
    for (auto mode : {InstallMode::background, InstallMode::required, InstallMode::off})
        if (word == to_string(mode)) return mode;
    return std::nullopt;
}

std::optional<int> signal_number(std::string_view name) { return number_in(signals, name); }
std::optional<int> resource_number(std::string_view name) { return number_in(resources, name); }
std::vector<std::string> signal_names() { return names_of(signals); }
std::vector<std::string> resource_names() { return names_of(resources); }

}  // namespace tmplbuild::pod
