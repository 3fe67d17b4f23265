// SPDX-License-Identifier: Apache-2.0
#include "runpod/api.hpp"

#include <algorithm>
#include <set>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace tmplbuild::runpod {

namespace {

constexpr int most_pages = 1000;

// A missing required field makes the API call valid ones "not allowed" as well, so what is missing comes first.
std::string words_of(const json::object& problem) {
    std::vector<std::string> missing, others;
    if (const auto errors = json::get_array(problem, "errors"))
        for (const json::value& one : **errors)
            if (one.is_string()) {
                const std::string text = visible(std::string(one.get_string()));
                (text.find("required") != std::string::npos || text.find("missing") != std::string::npos ? missing
                                                                                                         : others)
                    .push_back(text);
            }
    missing.insert(missing.end(), others.begin(), others.end());
    return join(missing, "\n");
}

std::string hint_for(int status) {
    switch (status) {
        case 401:
            return "give a valid key in RUNPOD_API_KEY or --key-file; the console makes one under Settings, API Keys";
        case 403:
            return "the key lacks the right to write templates: make one with it under Settings, API Keys";
        case 404:
            return "the template belongs to another account or is gone: leave `id` under [runpod] out";
        case 409:
            return "somebody changed it meanwhile: run the command again";
        case 422:
            return "this is a fault of tmplbuild or a new rule of RunPod's: report it with this text";
        case 429:
            return "wait for the time that it names, then run the command again: nothing is made twice";
        default:
            return "run the command again: nothing is made twice";
    }
}

Error refusal(int status, const std::string& body) {
    Error out = network_error("RunPod answered HTTP status " + std::to_string(status), hint_for(status));
    const auto document = json::parse(body, "RunPod's answer");
    if (!document || !document->is_object()) return out;
    const json::object& problem = document->get_object();
    const std::string detail = json::string_or(problem, "detail", json::string_or(problem, "title", ""));
    if (!detail.empty()) out.message += ": " + visible(detail);
    out.detail = words_of(problem);
    return out;
}

Result<RemoteTemplate> as_template(const json::value& value) {
    const json::object* o = value.if_object();
    const auto id = o == nullptr ? Result<std::string>(network_error("no object")) : json::get_string(*o, "id");
    const auto name = o == nullptr ? Result<std::string>(network_error("no object")) : json::get_string(*o, "name");
    if (!id || !name || id->empty())
        return network_error("RunPod's answer holds a template without id and name", "run the command again");
    return RemoteTemplate{*id, *name, *o};
}

}  // namespace

Result<json::object> Api::ask(io::HttpMethod method, const std::string& path, const json::object* body,
                              const std::stop_token& stop) const {
    io::HttpRequest request{.url = address_ + path};
    request.method = method;
    request.headers = {{"Authorization", "Bearer " + key_}, {"Accept", "application/json"}};
    request.netrc = false;
    request.caller_goes_on = method == io::HttpMethod::post;
    request.may_redirect = [](const std::string&) -> Result<void> {
        return network_error("RunPod's API answered with a redirect", "is the address that of the API?");
    };
    if (body != nullptr) {
        request.headers["Content-Type"] = "application/json";
        request.body = io::HttpBody::of(json::compact(*body));
    }
    auto response = http_.send(request, stop);
    if (!response) return response.error();
    if (response->status < 200 || response->status > 299) return refusal(response->status, response->body);
    auto document = json::parse(response->body, "RunPod's answer");
    if (!document || !document->is_object())
        return network_error("RunPod's answer is no JSON object", "is " + address_ + " the address of the API?");
    return document->get_object();
}

Result<std::vector<RemoteTemplate>> Api::templates(const std::stop_token& stop) const {
    std::vector<RemoteTemplate> out;
    std::set<std::string> seen;
    std::string cursor;
    // The specification knows no pages yet; newer clients of RunPod's walk them by a cursor.
    for (int page = 0; page < most_pages; ++page) {
        const std::string path = "/v2/templates" + (cursor.empty() ? "" : "?cursor=" + percent_encoded(cursor));
        const auto answer = ask(io::HttpMethod::get, path, nullptr, stop);
        if (!answer) return answer.error();
        const auto list = json::get_array(*answer, "templates");
        if (!list) return network_error("RunPod's list of templates has no 'templates'", "run the command again");
        for (const json::value& one : **list) {
            auto found = as_template(one);
            if (!found) return found.error();
            out.push_back(std::move(*found));
        }
        cursor = json::string_or(*answer, "nextCursor", json::string_or(*answer, "next_cursor", ""));
        if (cursor.empty()) return out;
        if (!seen.insert(cursor).second) break;
    }
    return network_error("RunPod's list of templates does not end", "run the command again");
}

Result<RemoteTemplate> Api::create(const json::object& body, const std::stop_token& stop) const {
    const auto answer = ask(io::HttpMethod::post, "/v2/templates", &body, stop);
    if (!answer) return answer.error();
    return as_template(*answer);
}

Result<RemoteTemplate> Api::change(const std::string& id, const json::object& body, const std::stop_token& stop) const {
    const auto answer = ask(io::HttpMethod::patch, "/v2/templates/" + percent_encoded(id), &body, stop);
    if (!answer) return answer.error();
    return as_template(*answer);
}

}  // namespace tmplbuild::runpod
