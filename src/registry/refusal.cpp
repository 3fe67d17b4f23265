// SPDX-License-Identifier: Apache-2.0
#include "registry/refusal.hpp"

#include <array>
#include <utility>

#include "base/json.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "io/http_reply.hpp"

namespace tmplbuild::registry {

namespace {

constexpr std::size_t longest_words = 300;  // bytes of the registry's own message

struct Said {
    std::string code, message;
};

Said first_error(std::string_view body) {
    const auto document = json::parse(body, "");
    if (!document || !document->is_object()) return {};
    const json::value* list = document->get_object().if_contains("errors");
    if (list == nullptr || !list->is_array() || list->get_array().empty() || !list->get_array()[0].is_object())
        return {};
    const json::object& first = list->get_array()[0].get_object();
    return {json::string_or(first, "code", ""), json::string_or(first, "message", "")};
}

std::string hint_for(const std::string& code, int status) {
    // distribution-spec 1.1, "Error Codes".
    static constexpr std::array<std::pair<const char*, const char*>, 7> hints = {{
        {"UNAUTHORIZED", "log in (`docker login` or `skopeo login`), or look at who may read it"},
        {"DENIED", "the login that was used may not do that; use one that may"},
        {"NAME_UNKNOWN", "the registry has no such repository, or hides it from this login"},
        {"MANIFEST_UNKNOWN", "the repository has no such tag or digest"},
        {"BLOB_UNKNOWN", "the image in the registry is not whole: push it again"},
        {"TOOMANYREQUESTS", "wait, or log in: registries allow more to those they know"},
        {"UNSUPPORTED", "this registry cannot do that"},
    }};
    for (const auto& [name, hint] : hints)
        if (code == name) return hint;
    if (status == 401) return hints[0].second;
    if (status == 403) return hints[1].second;
    if (status == 404) return "look at the image's name and tag; some registries hide what a login may not see";
    if (status == 429) return hints[5].second;
    return status >= 500 ? "the registry has a fault of its own: try again later" : "";
}

std::string cut(const std::string& text) {
    return text.size() <= longest_words ? text : text.substr(0, longest_words) + "…";
}

// Reads "76;w=21600" (draft-ietf-httpapi-ratelimit-headers, as Docker's hub sends it); -1: there is no such number.
std::int64_t limit_number(const std::string& text) {
    return parse_whole(trim(std::string_view(text).substr(0, text.find(';'))), 0, 1'000'000'000).value_or(-1);
}

}  // namespace

std::string error_code_of(std::string_view body) { return first_error(body).code; }

std::string rate_limit_words(const io::HttpResponse& response) {
    const std::int64_t left = limit_number(io::header_of(response.headers, "ratelimit-remaining"));
    const std::int64_t all = limit_number(io::header_of(response.headers, "ratelimit-limit"));
    if (left < 0 || all <= 0 || left * 10 > all) return {};
    return std::to_string(left) + " of " + std::to_string(all) + " requests are left at this registry";
}

Error refusal(const std::string& what, const io::HttpResponse& response, const SecretMask& mask) {
    const Said said = first_error(response.body);
    std::string why = "HTTP status " + std::to_string(response.status);
    // Masked before anything is cut off or made visible: half of a secret, or one with an escaped byte, is no match.
    if (!said.code.empty()) why += ", " + visible(cut(mask.masked(said.code)));
    if (!said.message.empty()) why += ": " + visible(cut(mask.masked(said.message)));
    if (const std::string wait = io::header_of(response.headers, "retry-after"); !wait.empty())
        if (const auto seconds = parse_whole(wait, 0, 1'000'000'000))
            why += "; it asks to wait " + human_seconds(static_cast<double>(*seconds));
    if (const std::string limit = rate_limit_words(response); !limit.empty()) why += "; " + limit;
    return network_error(what + ": the registry says " + why, hint_for(said.code, response.status));
}

}  // namespace tmplbuild::registry
