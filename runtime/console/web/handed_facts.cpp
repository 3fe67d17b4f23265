// SPDX-License-Identifier: Apache-2.0
#include "console/web/handed_facts.hpp"

#include "base/json.hpp"

namespace tmplbuild::console {

std::string HandedFacts::to_text() const {
    json::array words_list(words.begin(), words.end()), header_list;
    for (const auto& [name, value] : headers) header_list.push_back(json::array{name, value});
    const json::object head{{"route", route},
                            {"method", method},
                            {"words", std::move(words_list)},
                            {"query", query},
                            {"headers", std::move(header_list)}};
    return json::compact(head) + "\n" + received;  // the body's bytes are no text
}

Result<HandedFacts> HandedFacts::parse(std::string_view text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return build_error("the request's facts have no end");
    const auto parsed = json::parse(text.substr(0, end), "the request's facts");
    if (!parsed) return parsed.error();
    const json::object* object = parsed->if_object();
    if (object == nullptr) return build_error("the request's facts are no object");
    HandedFacts out;
    out.route = json::string_or(*object, "route", "");
    out.method = json::string_or(*object, "method", "");
    out.query = json::string_or(*object, "query", "");
    const auto words = json::get_array(*object, "words"), headers = json::get_array(*object, "headers");
    if (!words || !headers) return build_error("the request's facts lack a list");
    for (const json::value& word : **words) out.words.emplace_back(word.as_string());
    for (const json::value& header : **headers)
        out.headers.emplace_back(std::string(header.at(0).as_string()), std::string(header.at(1).as_string()));
    out.received = text.substr(end + 1);
    return out;
}

HeaderList without_credentials(const HeaderList& headers) {
    HeaderList out;
    for (const auto& [name, value] : headers)
        if (name != "cookie" && name != "authorization" && name != "x-csrf-token" && !name.starts_with("x-tmplbuild-"))
            out.emplace_back(name, value);
    return out;
}

}  // namespace tmplbuild::console
