// SPDX-License-Identifier: Apache-2.0
#include "resolve/apt_failure.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"

namespace tmplbuild {

namespace {

using Lines = std::vector<std::string>;

// The text between `before` and `after` in the first line that has both.
std::string between(const Lines& lines, const std::string& before, const std::string& after) {
    for (const std::string& line : lines) {
        const std::size_t from = line.find(before);
        if (from == std::string::npos) continue;
        const std::size_t begin = from + before.size();
        if (after.empty()) return line.substr(begin);
        if (const std::size_t to = line.find(after, begin); to != std::string::npos)
            return line.substr(begin, to - begin);
    }
    return {};
}

bool has(const std::string& said, const char* words) { return said.find(words) != std::string::npos; }

// Reads "Package X is a virtual package provided by:", then one provider a line ("  mawk 1.3.4 (= 1.3.4)"), up to
// another line.
Lines providers(const Lines& lines) {
    Lines out;
    bool listing = false;
    for (const std::string& line : lines) {
        if (line.find("is a virtual package provided by:") != std::string::npos) {
            listing = true;
        } else if (listing && line.starts_with("  ")) {
            const std::string_view text = trim(line);
            std::string name(text.substr(0, text.find_first_of(" :")));
            if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(std::move(name));
        } else {
            listing = false;
        }
    }
    return out;
}

Error missing_package(const std::string& what, const Lines& lines) {
    const std::string name = between(lines, "Unable to locate package ", "");
    return usage_error(what + " failed: no package is named '" + name + "' in the suites that are asked",
                       "correct `packages`; `apt-cache search` finds names");
}

Error no_candidate(const std::string& what, const Lines& lines) {
    const std::string name = between(lines, "Package '", "' has no installation candidate");
    const Lines names = providers(lines);
    if (!names.empty())
        return usage_error(what + " failed: '" + name + "' is a virtual package, which several packages provide",
                           "name one of them: " + join(names, ", "));
    return usage_error(what + " failed: '" + name + "' is known by name only: no suite that is asked has it",
                       "correct `packages`, or name the repository that has it under [[repositories]]");
}

// Whether a server answered that the file does not exist; otherwise there was no answer at all.
bool is_answer(const std::string& line) {
    return has(line, "404  Not Found") || has(line, "404 Not Found") || has(line, "410  Gone") ||
           has(line, "does not have a Release file") || has(line, "no longer has a Release file");
}

std::string address_in(const std::string& line) {
    const std::size_t at = line.find("http");
    return at == std::string::npos ? std::string() : line.substr(at, line.find_first_of(" '", at) - at);
}

Error failed_fetch(const std::string& what, const Lines& lines) {
    std::string network, answer;
    for (const std::string& line : lines) {
        if (has(line, "Hash Sum mismatch") || has(line, "File has unexpected size"))
            return network_error(
                what + " failed: " + address_in(line) + " is not what the repository's signed list says",
                "a mirror that is being updated is whole again in minutes; if it stays so, the mirror is "
                "damaged, or somebody changed the file");
        const bool about_fetch = has(line, "Failed to fetch") || has(line, "Release file");
        if (!about_fetch) continue;
        std::string& found = is_answer(line) ? answer : network;
        if (found.empty()) found = address_in(line);
    }
    // "Could not resolve", "Connection failed", "503 Service Unavailable": another try may work.
    if (!network.empty())
        return network_error(what + " failed: " + network + " cannot be fetched",
                             "see whether this machine reaches that address; its proxy is apt's own setting");
    return build_error(what + " failed: " + (answer.empty() ? "a file" : answer) + " is not there",
                       "its suite or mirror has moved, or does not have it any more");
}

}  // namespace

Error explain_apt_failure(const std::string& what, const std::string& said) {
    const Lines lines = split(said, '\n');
    Error error = [&] {
        if (has(said, "NO_PUBKEY") || has(said, "is not signed") || has(said, "signatures couldn't be verified") ||
            has(said, "signatures were invalid"))
            return machine_error(what + " failed: the signature of " + address_in(said) + " cannot be checked",
                                 "the key of that source is missing or too old: update this machine's "
                                 "debian-archive-keyring, or the `key` of the repository");
        if (has(said, "Unable to locate package")) return missing_package(what, lines);
        if (has(said, "has no installation candidate")) return no_candidate(what, lines);
        if (has(said, "Failed to fetch") || has(said, "Release file")) return failed_fetch(what, lines);
        if (has(said, "unmet dependencies") || has(said, "held broken packages"))
            return build_error(what + " failed: these packages cannot be installed together with what the base has",
                               "apt's reason stands below; another suite or repository may have what fits");
        return build_error(what + " failed");
    }();
    error.detail = said;
    return error;
}

}  // namespace tmplbuild
