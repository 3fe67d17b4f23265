// SPDX-License-Identifier: Apache-2.0
#include "sys/git_environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace tmplbuild {

namespace {

// Whether a variable says how a server is reached, or what git prints about that. All other variables that start with
// GIT_ are about a repository.
bool is_about_reaching(std::string_view name) {
    static constexpr std::array<std::string_view, 11> prefixes = {
        "GIT_SSH",       "GIT_ASKPASS",  "GIT_SSL_",  "GIT_PROXY_",       "GIT_HTTP_",         "GIT_CONFIG_",
        "GIT_EXEC_PATH", "GIT_PROTOCOL", "GIT_TRACE", "GIT_CURL_VERBOSE", "GIT_ALLOW_PROTOCOL"};
    return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view p) { return name.starts_with(p); });
}

}  // namespace

GitEnvironment whole_environment() {
    GitEnvironment all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos) all.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return all;
}

GitEnvironment git_reading_environment(const GitEnvironment& own) {
    GitEnvironment out{{"LC_ALL", "C"},
                       // hides ~/.config/git/attributes, which no other variable switches off
                       {"HOME", "/nonexistent"},
                       {"GIT_CONFIG_NOSYSTEM", "1"},
                       {"GIT_CONFIG_GLOBAL", "/dev/null"},
                       {"GIT_ATTR_NOSYSTEM", "1"},
                       {"GIT_NO_REPLACE_OBJECTS", "1"},
                       {"GIT_NO_LAZY_FETCH", "1"},
                       {"GIT_OPTIONAL_LOCKS", "0"},
                       {"GIT_TERMINAL_PROMPT", "0"}};
    for (const char* name : {"PATH", "TMPDIR", "LD_LIBRARY_PATH", "GIT_EXEC_PATH"})
        if (const auto found = own.find(name); found != own.end()) out.insert(*found);
    return out;
}

GitEnvironment git_fetching_environment(GitUrlFrom from, GitEnvironment own) {
    GitEnvironment out = std::move(own);
    std::erase_if(out,
                  [](const auto& pair) { return pair.first.starts_with("GIT_") && !is_about_reaching(pair.first); });
    out["GIT_TERMINAL_PROMPT"] = "0";
    out["GIT_NO_LAZY_FETCH"] = "1";
    out["LC_ALL"] = "C.UTF-8";
    if (from == GitUrlFrom::repository) out["GIT_PROTOCOL_FROM_USER"] = "0";
    return out;
}

}  // namespace tmplbuild
