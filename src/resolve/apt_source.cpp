// SPDX-License-Identifier: Apache-2.0
#include "resolve/apt_source.hpp"

#include <algorithm>
#include <set>

#include "base/grammar.hpp"
#include "base/text.hpp"

namespace tmplbuild {

using Texts = std::vector<std::string>;

namespace {

bool is_plain(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

Texts words(std::string_view text) {
    Texts out;
    std::string word;
    for (const char c : std::string(text) + " ") {
        if (c != ' ' && c != '\t' && c != '\r') {
            word += c;
        } else if (!word.empty()) {
            out.push_back(std::move(word));
            word.clear();
        }
    }
    return out;
}

bool contains(const Texts& list, std::string_view item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

bool is_for_amd64(const std::string& architectures) {
    Texts list;
    for (const std::string& word : words(architectures))
        for (std::string& part : split(word, ',')) list.push_back(std::move(part));
    return list.empty() || contains(list, "amd64");
}

bool is_whole(const AptSource& source) {
    const auto plain = [](const Texts& list) { return std::all_of(list.begin(), list.end(), is_plain); };
    if (source.uris.empty() || source.suites.empty() || !plain(source.uris) || !plain(source.suites)) return false;
    // sources.list(5): a suite that is a path ends with '/' and has no components; any other has at least one.
    const bool paths =
        std::all_of(source.suites.begin(), source.suites.end(), [](const auto& s) { return s.ends_with('/'); });
    return plain(source.components) && paths == source.components.empty();
}

// Reads "deb [ key=value … ] uri suite component…".
std::optional<AptSource> parse_line(std::string_view line) {
    line = trim(line.substr(0, line.find('#')));
    Texts parts = words(line);
    if (parts.empty() || parts.front() != "deb") return std::nullopt;
    AptSource source;
    std::string_view rest = trim(line.substr(3));
    if (rest.starts_with('[')) {
        const std::size_t end = rest.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        for (const std::string& option : words(rest.substr(1, end - 1))) {
            const std::size_t equals = option.find('=');
            if (equals == std::string::npos) return std::nullopt;
            const std::string key = to_lower(option.substr(0, equals)), value = option.substr(equals + 1);
            if (key == "arch" && !is_for_amd64(value)) return std::nullopt;
            if (key == "signed-by")
                source.signed_by = value;
            else if (key != "arch" && key != "arch+" && key != "arch-" && key != "lang" && key != "target")
                source.options[key] = value;
        }
        rest = trim(rest.substr(end + 1));
    }
    parts = words(rest);
    if (parts.size() < 2) return std::nullopt;
    source.uris = {parts[0]};
    source.suites = {parts[1]};
    source.components.assign(parts.begin() + 2, parts.end());
    if (!is_whole(source)) return std::nullopt;
    return source;
}

// The fields of one stanza, by name in lower case; a value of several lines keeps its line ends.
using Fields = std::map<std::string, std::string>;

std::optional<AptSource> source_of(Fields fields) {
    const auto no = [](const std::string& value) {
        const std::string word = to_lower(value);
        return word == "no" || word == "false" || word == "0" || word == "off" || word == "without" ||
               word == "disable";
    };
    if (!contains(words(fields["types"]), "deb") || no(fields["enabled"]) || !is_for_amd64(fields["architectures"]))
        return std::nullopt;
    AptSource source;
    const auto flat = [](std::string text) {
        std::replace(text.begin(), text.end(), '\n', ' ');
        return text;
    };
    source.uris = words(flat(fields["uris"]));
    source.suites = words(flat(fields["suites"]));
    source.components = words(flat(fields["components"]));
    source.signed_by = fields["signed-by"];
    for (const auto& [key, value] : fields) {
        static const std::set<std::string> known = {"types",   "enabled",       "architectures", "uris",
                                                    "suites",  "components",    "signed-by",     "languages",
                                                    "targets", "x-repolib-name"};
        if (!known.contains(key) && is_plain(value)) source.options[key] = value;
    }
    if (!is_whole(source)) return std::nullopt;
    return source;
}

std::vector<AptSource> parse_stanzas(std::string_view text) {
    std::vector<AptSource> out;
    Fields fields;
    std::string last;
    const auto finish = [&] {
        if (auto source = source_of(std::move(fields))) out.push_back(std::move(*source));
        fields.clear();
        last.clear();
    };
    for (const std::string& line : split(text, '\n')) {
        if (line.starts_with('#')) continue;
        if (trim(line).empty()) {
            finish();
        } else if (line.front() == ' ' || line.front() == '\t') {
            if (!last.empty()) fields[last] += "\n" + std::string(trim(line));
        } else if (const std::size_t colon = line.find(':'); colon != std::string::npos) {
            last = to_lower(trim(std::string_view(line).substr(0, colon)));
            fields[last] = trim(std::string_view(line).substr(colon + 1));
        }
    }
    finish();
    return out;
}

// The source as it would be written for the other release.
AptSource moved(AptSource source, const std::string& release, const std::string& keyring) {
    std::string from;
    Texts suites;
    for (const std::string& suite : source.suites) {
        const auto is = debian_suite(suite);
        from = is->release;
        const bool kept = is->part.empty() || (release != "sid" && (is->part == "-updates" || is->part == "-security"));
        if (kept) suites.push_back(release + is->part);
    }
    source.suites = std::move(suites);
    if (release == "bullseye") std::erase(source.components, "non-free-firmware");  // Debian 12 introduced it
    if (source.signed_by.starts_with('/') && source.signed_by.find(from) != std::string::npos)
        source.signed_by = keyring;
    return source;
}

json::array array_of(const Texts& list) { return json::array(list.begin(), list.end()); }

Result<Texts> texts_of(const json::object& o, std::string_view key) {
    auto list = json::get_array(o, key);
    if (!list) return list.error();
    Texts out;
    for (const json::value& item : **list) {
        if (!item.is_string())
            return build_error("a source's '" + std::string(key) + "' holds something else than text");
        out.emplace_back(item.get_string());
    }
    return out;
}

}  // namespace

std::string AptSource::to_stanza() const {
    std::string out = "Types: deb\nURIs: " + join(uris, " ") + "\nSuites: " + join(suites, " ") + "\n";
    if (!components.empty()) out += "Components: " + join(components, " ") + "\n";
    if (!signed_by.empty()) {
        Texts lines = split(signed_by, '\n');
        out += "Signed-By: " + lines.front() + "\n";
        for (std::size_t i = 1; i < lines.size(); ++i) out += " " + (lines[i].empty() ? "." : lines[i]) + "\n";
    }
    for (const auto& [key, value] : options) out += key + ": " + value + "\n";
    return out;
}

json::object AptSource::to_json() const {
    json::object others;
    for (const auto& [key, value] : options) others[key] = value;
    return {{"uris", array_of(uris)},
            {"suites", array_of(suites)},
            {"components", array_of(components)},
            {"signed_by", signed_by},
            {"options", std::move(others)}};
}

Result<AptSource> AptSource::from_json(const json::object& o) {
    auto uris = texts_of(o, "uris"), suites = texts_of(o, "suites"), components = texts_of(o, "components");
    for (const auto* list : {&uris, &suites, &components})
        if (!*list) return list->error();
    AptSource source{std::move(*uris), std::move(*suites), std::move(*components), json::string_or(o, "signed_by", "")};
    if (const json::value* others = o.if_contains("options"); others != nullptr && others->is_object())
        for (const auto& pair : others->get_object())
            if (pair.value().is_string())
                source.options[std::string(pair.key())] = std::string(pair.value().get_string());
    return source;
}

std::vector<AptSource> parse_apt_sources(std::string_view text, bool deb822) {
    if (deb822) return parse_stanzas(text);
    std::vector<AptSource> out;
    for (const std::string& line : split(text, '\n'))
        if (auto source = parse_line(line)) out.push_back(std::move(*source));
    return out;
}

std::optional<DebianSuite> debian_suite(std::string_view suite) {
    Texts releases = debian_suites();
    for (const char* word : {"buster", "oldoldstable", "oldstable", "stable", "testing", "unstable"})
        releases.emplace_back(word);
    for (const std::string& release : releases) {
        if (!suite.starts_with(release)) continue;
        std::string part(suite.substr(release.size()));
        if (part == "/updates") part = "-security";  // the suite's name until Debian 10
        for (const char* known : {"", "-updates", "-security", "-backports", "-proposed-updates"})
            if (part == known) return DebianSuite{release, part};
    }
    return std::nullopt;
}

bool is_debian_archive(const AptSource& source) {
    static const Texts components = {"main", "contrib", "non-free", "non-free-firmware"};
    return !source.components.empty() && std::all_of(source.suites.begin(), source.suites.end(), [](const auto& s) {
        return debian_suite(s).has_value();
    }) && std::all_of(source.components.begin(), source.components.end(), [](const std::string& c) {
        return contains(components, c);
    });
}

std::vector<AptSource> debian_sources(const std::vector<AptSource>& machine, const std::string& release,
                                      const std::string& keyring) {
    std::vector<AptSource> own, others;
    std::string other;
    for (AptSource source : machine) {
        if (!is_debian_archive(source)) continue;
        AptSource rest = source;
        const auto is_of = [](const std::string& name) {
            return [name](const std::string& suite) { return debian_suite(suite)->release != name; };
        };
        std::erase_if(source.suites, is_of(release));
        if (!source.suites.empty()) own.push_back(std::move(source));
        if (other.empty()) other = debian_suite(rest.suites.front())->release;
        std::erase_if(rest.suites, is_of(other));
        if (!rest.suites.empty()) others.push_back(moved(std::move(rest), release, keyring));
    }
    const Texts served = suites_of(own);
    if (contains(served, release)) return own;
    std::erase_if(others, [](const AptSource& source) { return source.suites.empty(); });
    return others;
}

std::vector<AptSource> served_here(const std::vector<AptSource>& base, const std::vector<AptSource>& machine,
                                   const std::string& keyring) {
    std::vector<AptSource> out;
    for (const AptSource& source : base) {
        // Another maker's repository may name its suites like Debian, but not in a "debian" folder.
        const bool archive = is_debian_archive(source) &&
                             std::all_of(source.uris.begin(), source.uris.end(), [](const std::string& uri) {
                                 return uri.find("debian") != std::string::npos;
                             });
        if (!archive) {
            out.push_back(source);
            continue;
        }
        for (const std::string& suite : source.suites) {
            AptSource one = source;
            one.suites = {suite};
            bool served = false;
            for (AptSource& here : debian_sources(machine, debian_suite(suite)->release, keyring)) {
                if (served || !contains(here.suites, suite)) continue;
                here.suites = {suite};
                here.components = source.components;
                one = std::move(here);
                served = true;
            }
            out.push_back(std::move(one));
        }
    }
    return out;
}

Texts suites_of(const std::vector<AptSource>& sources) {
    Texts out;
    for (const AptSource& source : sources)
        for (const std::string& suite : source.suites)
            if (!contains(out, suite)) out.push_back(suite);
    return out;
}

}  // namespace tmplbuild
