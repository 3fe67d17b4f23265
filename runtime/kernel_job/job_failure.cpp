// SPDX-License-Identifier: Apache-2.0
#include "kernel_job/job_failure.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include "base/text.hpp"

namespace tmplbuild::job {

// What pip and git print when a server does not answer, or stops answering; the most telling ones come first.
static constexpr std::array network_words{
    "Temporary failure in name resolution",
    "Name or service not known",
    "Could not resolve host",
    "Network is unreachable",
    "No route to host",
    "Connection refused",
    "Connection reset",
    "Connection timed out",
    "Failed to connect",
    "Empty reply from server",
    "incomplete-download",
    "not enough bytes",
    "gnutls_handshake",
    "HTTP error 429",
    "returned error: 429",
    "Read timed out",
    "Operation too slow",
    "timed out",
    "Connection broken",
    "Connection aborted",
    "IncompleteRead",
    "RemoteDisconnected",
    "The remote end hung up",
    "the remote end hung up",
    "unexpected disconnect",
    "early EOF",
    "ConnectTimeoutError",
    "NewConnectionError",
    "ProtocolError",
    "HTTP error 5",
    "The requested URL returned error: 5",
    "Max retries exceeded",
    "(from versions: none)",
};

using Known = std::pair<ToolFailure, std::string_view>;
// These are looked for before the words about the network.
static constexpr std::array disk_words{
    Known{ToolFailure::disk_full, "No space left on device"},
    Known{ToolFailure::disk_full, "Disk quota exceeded"},
    Known{ToolFailure::disk_full, "disk is full"},
    Known{ToolFailure::read_only, "Read-only file system"},
};
static constexpr std::string_view hash_words = "DO NOT MATCH THE HASHES";  // pip's words

ToolWords read_tool_words(std::string_view printed) {
    const auto says = [&](std::string_view words) { return printed.find(words) != std::string_view::npos; };
    for (const auto& [failure, words] : disk_words)
        if (says(words)) return {failure, words};
    for (const std::string_view words : network_words)
        if (says(words)) return {ToolFailure::no_network, words};
    if (says(hash_words)) return {ToolFailure::damaged, hash_words};
    return {};
}

static JobFailure known_failure(const std::string& doing, const ToolWords& said) {
    switch (said.failure) {
        case ToolFailure::disk_full:
            return {doing + " failed: the disk is full; make room, then `tmpl-ctl kernel retry`", true};
        case ToolFailure::read_only:
            return {doing + " failed: the disk is read-only", true};
        case ToolFailure::no_network:
            return {"no network: " + doing + " failed (" + std::string(said.word) + ")", true, "network"};
        case ToolFailure::damaged:
            // pip accepts a connection that ended early, so a wheel that was cut off only shows as a wrong hash.
            return {doing +
                        " failed: what arrived is not what was proven (its hash differs): cut on its way, or other "
                        "bytes",
                    true, "damaged"};
        case ToolFailure::other:
            break;
    }
    return {doing + " failed", false};
}

JobFailure failure_of(const std::string& doing, const std::string& why, const std::string& printed) {
    const ToolWords said = read_tool_words(printed);
    JobFailure failure = known_failure(doing, said);
    if (said.failure != ToolFailure::other) return failure;
    std::vector<std::string> lines = split(trim(printed), '\n');
    if (lines.size() > 3) lines.erase(lines.begin(), lines.end() - 3);
    failure.words += ": " + why + (printed.empty() ? "" : ": " + join(lines, " | "));
    return failure;
}

JobFailure failure_of(const std::string& doing, const Error& error) {
    const bool full = error.os_code == ENOSPC || error.os_code == EDQUOT;
    if (full) return known_failure(doing, {ToolFailure::disk_full});
    if (error.os_code == EROFS) return known_failure(doing, {ToolFailure::read_only});
    return {doing + " failed: " + error.message, false};
}

}  // namespace tmplbuild::job
