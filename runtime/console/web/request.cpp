// SPDX-License-Identifier: Apache-2.0
#include "console/web/request.hpp"

#include "base/percent.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

namespace tmplbuild::console {

namespace {

constexpr std::size_t most_fields = 64;

std::optional<Phase> phase_of(const std::string& word) {
    if (word == "authorize") return Phase::authorize;
    if (word == "refuse") return Phase::refuse;
    if (word == "starting") return Phase::starting;
    if (word == "page") return Phase::page;
    return std::nullopt;
}

Error not_the_gateway(const std::string& what) {
    return usage_error("this request did not come through the gateway: " + what);
}

}  // namespace

std::string Request::header(std::string_view name) const {
    std::string out;
    bool found = false;
    for (const auto& [key, value] : headers) {
        if (key != name) continue;
        if (found) out += ", ";
        out += value;
        found = true;
    }
    return out;
}

bool Request::is_page_load() const {
    const std::string mode = header("sec-fetch-mode");
    return (method == "GET" || method == "HEAD") && (mode.empty() || mode == "navigate") &&
           header("accept").find("text/html") != std::string::npos;
}

bool Request::is_for_api() const { return service.empty() && path.starts_with("/api/"); }

bool Request::wants_json() const {
    return is_for_api() || header("accept").find("application/json") != std::string::npos;
}

Result<Request> read_request(HeaderList headers, std::string body) {
    Request out;
    out.headers = std::move(headers);
    out.body = std::move(body);
    const auto only = [&](std::string_view name) -> std::optional<std::string> {
        std::optional<std::string> found;
        for (const auto& [key, value] : out.headers) {
            if (key != name) continue;
            if (found) return std::nullopt;  // two of them: one is not the gateway's
            found = value;
        }
        return found;
    };
    const auto phase_word = only("x-tmplbuild-phase");
    const auto phase = phase_of(phase_word.value_or(""));
    if (!phase) return not_the_gateway("it has no phase");
    const auto port = parse_whole(only("x-tmplbuild-port").value_or(""), 1, 65535);
    if (!port) return not_the_gateway("it has no port");
    const auto method = only("x-tmplbuild-method"), target = only("x-tmplbuild-target");
    if (!method || method->empty() || !target) return not_the_gateway("it has no method or target");
    // "GET http://host?x HTTP/1.1", which nginx takes for "/".
    if (!target->starts_with('/')) return usage_error("the address that this request asks for has no path");
    out.phase = *phase;
    out.port = static_cast<std::uint16_t>(*port);
    out.method = *method;
    out.target = *target;
    out.service = only("x-tmplbuild-service").value_or("");
    const std::size_t mark = out.target.find('?');
    out.path = out.target.substr(0, mark);
    if (mark != std::string::npos) out.query = out.target.substr(mark + 1);
    return out;
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
    Decoded out = decode_percent(text, plus_is_space ? Plus::space : Plus::plain);
    const bool has_controls = std::any_of(out.text.begin(), out.text.end(), [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    });
    if (out.has_broken_escape || has_controls || !is_utf8(out.text)) return std::nullopt;
    return std::move(out.text);
}

std::map<std::string, std::string> form_values(std::string_view text) {
    std::map<std::string, std::string> out;
    for (const std::string& field : split(text, '&')) {
        if (out.size() >= most_fields) break;
        const std::size_t equals = field.find('=');
        const auto name = percent_decoded(std::string_view(field).substr(0, equals), true);
        const auto value = equals == std::string::npos
                               ? std::optional<std::string>("")
                               : percent_decoded(std::string_view(field).substr(equals + 1), true);
        if (name && value && !name->empty()) out.emplace(*name, *value);
    }
    return out;
}

}  // namespace tmplbuild::console
