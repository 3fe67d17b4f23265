// SPDX-License-Identifier: Apache-2.0
#include "console/files/values.hpp"

#include "base/text.hpp"

namespace tmplbuild::console::files {

constexpr std::size_t most_texts = 100'000;

Reply<Values> Values::of(const Conversation& talk) {
    auto values = talk.query();
    if (!values) return values.error();
    Values out;
    out.values_ = std::move(*values);
    return out;
}

std::string Values::text(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::string() : found->second;
}

bool Values::flag(const std::string& name) const {
    const std::string value = text(name);
    return value == "1" || value == "true";
}

Reply<std::size_t> Values::one_of(const std::string& name, std::initializer_list<const char*> words) const {
    const std::string value = text(name);
    if (value.empty()) return std::size_t{0};
    std::vector<std::string> all;
    for (const char* word : words) {
        if (value == word) return all.size();
        all.emplace_back(word);
    }
    return Refusal{400, name + " cannot be '" + value + "'", "it is one of " + join(all, ", ")};
}

// The largest that every reader of JSON keeps exactly (RFC 8259, section 6).
static constexpr std::int64_t largest_number = (std::int64_t{1} << 53) - 1;

Reply<std::int64_t> Values::number(const std::string& name, std::int64_t usual) const {
    const std::string value = text(name);
    if (value.empty()) return usual;
    const auto number = parse_whole(value, 0, largest_number);
    if (!number) return Refusal{400, name + " is no whole number: '" + value + "'", "from 0 to 9007199254740991"};
    return *number;
}

Reply<std::string> text_of(const json::object& body, const char* name) {
    const json::value* value = body.if_contains(name);
    if (value == nullptr || !value->is_string())
        return Refusal{400, std::string("'") + name + "' is missing in the request's JSON", "it is a text"};
    return std::string(value->get_string());
}

Reply<std::vector<std::string>> texts_of(const json::object& body, const char* name) {
    const Refusal wrong(400, std::string("'") + name + "' is missing in the request's JSON", "it is a list of texts");
    const json::value* value = body.if_contains(name);
    if (value == nullptr || !value->is_array()) return wrong;
    if (value->get_array().empty()) return Refusal{400, std::string("'") + name + "' is empty", {}};
    if (value->get_array().size() > most_texts)
        return Refusal{413, std::string("'") + name + "' has more than 100000 texts", "send them in parts"};
    std::vector<std::string> out;
    for (const json::value& one : value->get_array()) {
        if (!one.is_string()) return wrong;
        out.emplace_back(one.get_string());
    }
    return out;
}

Reply<Place> start_folder(const Roots& roots) {
    if (roots.all().empty()) return Refusal{503, "the volume is not there", {}};
    const Place output{&roots.all().front(), "ComfyUI/output"};
    if (roots.open_folder(output)) return output;
    return Place{&roots.all().front(), {}};
}

Answer json_text_answer(unsigned status, std::string json) {
    Answer out = json_answer(status, json::object{});
    out.body = std::make_shared<const std::string>(std::move(json));
    return out;
}

json::value problem(std::string_view path, const Refusal& why) {
    json::object out{{"path", path}, {"error", why.message}};
    if (!why.hint.empty()) out["hint"] = why.hint;
    return out;
}

}  // namespace tmplbuild::console::files
