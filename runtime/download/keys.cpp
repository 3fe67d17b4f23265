// SPDX-License-Identifier: Apache-2.0
#include "download/keys.hpp"

#include <array>

#include "base/text.hpp"

namespace tmplbuild::download {

namespace {

constexpr std::size_t longest_key = 512;
constexpr std::array hubs{Hub::huggingface, Hub::civitai};

bool is_key(std::string_view text) {
    if (text.empty() || text.size() > longest_key) return false;
    for (const char c : text)
        if (c <= 0x20 || c >= 0x7f) return false;
    return true;
}

}  // namespace

std::optional<Hub> hub_named(std::string_view name) {
    for (const Hub hub : hubs)
        if (to_string(hub) == name) return hub;
    return std::nullopt;
}

Keys::Keys(const std::function<std::string(const char*)>& variable) {
    using Named = std::pair<Hub, const char*>;
    for (const auto& [hub, name] :
         {Named{Hub::huggingface, "HF_TOKEN"}, Named{Hub::huggingface, "HUGGING_FACE_HUB_TOKEN"},
          Named{Hub::civitai, "CIVITAI_TOKEN"}, Named{Hub::civitai, "CIVITAI_API_KEY"}}) {
        const std::string whole = variable(name);
        const std::string key(trim(whole));
        if (is_key(key)) environment_.emplace(hub, key);
    }
}

std::optional<std::string> Keys::of(Hub hub) const {
    for (const auto* from : {&environment_, &entered_})
        if (const auto found = from->find(hub); found != from->end()) return found->second;
    return std::nullopt;
}

json::object Keys::view() const {
    json::object out;
    for (const Hub hub : hubs) {
        const char* source = environment_.contains(hub) ? "environment" : entered_.contains(hub) ? "volume" : "";
        out[to_string(hub)] = json::object{{"set", *source != '\0'}, {"source", source}};
    }
    return out;
}

Result<void> Keys::take_over(std::string_view text) {
    const auto value = json::parse(text, "the kept keys");
    if (!value) return value.error();
    const json::object* object = value->if_object();
    if (object == nullptr) return build_error("the kept keys are no object");
    for (const Hub hub : hubs)
        if (const std::string key = json::string_or(*object, to_string(hub), ""); is_key(key)) entered_[hub] = key;
    return {};
}

std::string Keys::keep() const {
    json::object out;
    for (const auto& [hub, key] : entered_) out[to_string(hub)] = key;
    return json::compact(out) + "\n";
}

Result<void> Keys::enter(Hub hub, std::string_view key) {
    key = trim(key);
    if (!is_key(key)) return usage_error("this cannot be a key", "a key is one word of at most 512 plain characters");
    if (environment_.contains(hub))
        return usage_error("the pod's environment has a key of " + std::string(title_of(hub)) + ", which counts",
                           "change or remove the variable in the pod's settings");
    entered_[hub] = key;
    return {};
}

bool Keys::withdraw(Hub hub) { return entered_.erase(hub) != 0; }

}  // namespace tmplbuild::download
