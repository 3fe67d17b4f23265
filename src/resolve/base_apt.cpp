// SPDX-License-Identifier: Apache-2.0
#include "resolve/base_apt.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tmplbuild {

namespace {

constexpr std::uint64_t text_limit = 256 << 10;  // bytes of one file of sources or pins
constexpr std::uint64_t key_limit = 256 << 10;   // bytes of one keyring
constexpr std::size_t file_limit = 200;          // files of one folder

bool is_web(const std::string& uri) { return uri.starts_with("http://") || uri.starts_with("https://"); }

// Options that say how a list is checked; options that name a file or a program of this machine are not taken.
bool is_taken(const std::string& option) {
    for (const char* known : {"trusted", "check-valid-until", "valid-until-min", "valid-until-max", "check-date",
                              "date-max-future", "by-hash", "allow-weak", "allow-insecure"})
        if (option == known) return true;
    return false;
}

class Reader {
  public:
    explicit Reader(const sys::Beneath& root) : root_(root) {}

    BaseApt read() {
        if (auto text = root_.read_file("etc/apt/sources.list", text_limit)) add_sources(*text, false);
        each("etc/apt/sources.list.d", [&](const std::string& path) {
            if (!path.ends_with(".list") && !path.ends_with(".sources")) return;
            if (auto text = root_.read_file(path, text_limit)) add_sources(*text, path.ends_with(".sources"));
        });
        add_trusted("etc/apt/trusted.gpg");
        each("etc/apt/trusted.gpg.d", [&](const std::string& path) {
            if (path.ends_with(".gpg") || path.ends_with(".asc")) add_trusted(path);
        });
        add_preferences("etc/apt/preferences");
        each("etc/apt/preferences.d", [&](const std::string& path) {
            const std::string name = path.substr(path.rfind('/') + 1);
            if (name.find('.') == std::string::npos || name.ends_with(".pref")) add_preferences(path);
        });
        return std::move(out_);
    }

  private:
    template <class Use>
    void each(const std::string& folder, Use use) {
        auto names = root_.list(folder);
        if (!names) return;
        names->resize(std::min(names->size(), file_limit));
        for (const std::string& name : *names)
            if (!name.starts_with('.')) use(folder + "/" + name);
    }

    void add_sources(const std::string& text, bool deb822) {
        for (AptSource& source : parse_apt_sources(text, deb822)) {
            std::erase_if(source.uris, [](const std::string& uri) { return !is_web(uri); });
            std::erase_if(source.options, [](const auto& option) { return !is_taken(option.first); });
            if (source.uris.empty()) continue;
            for (const std::string& path : split(source.signed_by, ','))
                if (path.starts_with('/')) add_key(path);
            out_.sources.push_back(std::move(source));
        }
    }

    bool add_key(const std::string& path) {
        auto key = root_.read_file(path, key_limit);
        if (key) out_.keys[path] = std::move(*key);
        return out_.keys.contains(path);
    }

    void add_trusted(const std::string& path) {
        if (add_key("/" + path)) out_.trusted.push_back("/" + path);
    }

    void add_preferences(const std::string& path) {
        if (auto text = root_.read_file(path, text_limit)) out_.preferences += *text + "\n\n";
    }

    const sys::Beneath& root_;
    BaseApt out_;
};

std::string to_hex(const std::string& bytes) {
    static constexpr const char* digits = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

std::string from_hex(std::string_view text) {
    const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    std::string out;
    for (std::size_t at = 0; at + 1 < text.size(); at += 2)
        out += static_cast<char>(value(text[at]) * 16 + value(text[at + 1]));
    return out;
}

}  // namespace

BaseApt read_base_apt(const sys::Beneath& root) { return Reader(root).read(); }

json::object BaseApt::to_json() const {
    json::array list, names;
    json::object files;
    for (const AptSource& source : sources) list.push_back(source.to_json());
    for (const auto& [path, key] : keys) files[path] = to_hex(key);
    for (const std::string& path : trusted) names.emplace_back(path);
    return {{"sources", std::move(list)},
            {"keys", std::move(files)},
            {"trusted", std::move(names)},
            {"preferences", to_hex(preferences)}};
}

Result<BaseApt> BaseApt::from_json(const json::object& o) {
    auto list = json::get_array(o, "sources");
    auto files = json::get_object(o, "keys");
    auto names = json::get_array(o, "trusted");
    if (!list || !files || !names) return build_error("the record of the base does not say what apt has there");
    BaseApt out;
    for (const json::value& item : **list) {
        if (!item.is_object()) continue;
        auto source = AptSource::from_json(item.get_object());
        if (!source) return source.error();
        out.sources.push_back(std::move(*source));
    }
    for (const auto& pair : **files)
        if (pair.value().is_string()) out.keys[std::string(pair.key())] = from_hex(pair.value().get_string());
    for (const json::value& item : **names)
        if (item.is_string()) out.trusted.emplace_back(item.get_string());
    out.preferences = from_hex(json::string_or(o, "preferences", ""));
    return out;
}

}  // namespace tmplbuild
