// SPDX-License-Identifier: Apache-2.0
#include "resolve/pip_settings.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/text.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

using Options = std::map<std::string, std::string>;  // "extra-index-url" → text, lines joined by '\n'

// pip also accepts "--Find_Links" for "find-links".
std::string option_name(std::string_view text) {
    std::string name = to_lower(trim(text));
    std::replace(name.begin(), name.end(), '_', '-');
    return name.starts_with("--") ? name.substr(2) : name;
}

// Reads the form of Python's configparser: sections, "key = value" or "key: value", deeper lines continue the value,
// whole-line comments by '#' and ';'. Other sections are skipped.
Result<std::map<std::string, Options>> parse_ini(const std::string& text, const fs::path& file) {
    std::map<std::string, Options> sections;
    std::string section, key;
    unsigned number = 0;
    for (const std::string& line : split(text, '\n')) {
        ++number;
        const std::string_view bare = trim(line);
        if (bare.empty() || bare[0] == '#' || bare[0] == ';') continue;
        if (!key.empty() && (line[0] == ' ' || line[0] == '\t')) {
            sections[section][key].append("\n").append(bare);
            continue;
        }
        key.clear();
        if (bare.front() == '[' && bare.back() == ']') {
            section = bare.substr(1, bare.size() - 2);
            continue;
        }
        const std::size_t sign = bare.find_first_of("=:");
        if (sign == std::string_view::npos || section.empty()) {
            Error error = machine_error("pip's configuration file cannot be understood: expected 'key = value'");
            error.where = SourcePos{file.string(), number, 1};
            return error;
        }
        key = option_name(bare.substr(0, sign));
        sections[section][key] = trim(bare.substr(sign + 1));
    }
    return sections;
}

Result<void> add_file(Options& options, const fs::path& file) {
    std::error_code failed;
    if (!fs::is_regular_file(file, failed)) return {};
    auto text = sys::read_file(file, 1 << 20);
    if (!text) return {};  // pip, too, ignores a file that it may not read
    auto sections = parse_ini(*text, file);
    if (!sections) return sections.error();
    for (const char* section : {"global", "install"})
        for (const auto& [key, value] : (*sections)[section]) options[key] = value;
    return {};
}

Result<Options> read_options(const Environment& environment, const fs::path& root) {
    Options options;
    const fs::path home = environment("HOME");
    const std::string config_home = environment("XDG_CONFIG_HOME"), chosen = environment("PIP_CONFIG_FILE");
    std::vector<fs::path> files;
    if (chosen != "/dev/null") {
        std::vector<std::string> shared = split(environment("XDG_CONFIG_DIRS"), ':');
        if (shared.size() == 1 && shared[0].empty()) shared = {(root / "etc/xdg").string()};
        for (const std::string& folder : shared) files.push_back(fs::path(folder) / "pip/pip.conf");
        files.push_back(root / "etc/pip.conf");
        std::error_code failed;
        if (!home.empty() && (chosen.empty() || !fs::exists(chosen, failed))) {
            files.push_back(home / ".pip/pip.conf");
            files.push_back((config_home.empty() ? home / ".config" : fs::path(config_home)) / "pip/pip.conf");
        }
        if (const std::string venv = environment("VIRTUAL_ENV"); !venv.empty())
            files.push_back(fs::path(venv) / "pip.conf");
        if (!chosen.empty()) files.emplace_back(chosen);
    }
    for (const fs::path& file : files)
        if (auto added = add_file(options, file); !added) return added.error();
    for (const char* name : {"index-url", "extra-index-url", "find-links", "no-index", "cert", "trusted-host"}) {
        std::string variable = "PIP_" + std::string(name);
        for (char& c : variable) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        if (const std::string value = environment(variable); !value.empty()) options[name] = value;
    }
    return options;
}

std::vector<std::string> words(const std::string& text, const std::string& separators = " \t\n\r") {
    std::vector<std::string> out;
    for (std::size_t at = 0; (at = text.find_first_not_of(separators, at)) != std::string::npos;) {
        const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
        out.push_back(text.substr(at, end - at));
        at = end;
    }
    return out;
}

bool is_yes(const std::string& text) {
    const std::string word = to_lower(text);
    return word == "1" || word == "true" || word == "yes" || word == "on" || word == "y" || word == "t";
}

// Absolute folders and URLs; a missing folder is left out, since uv would refuse to start.
std::vector<std::string> usable_links(const std::vector<std::string>& links, const std::string& home) {
    std::vector<std::string> out;
    for (std::string link : links) {
        if (link.starts_with("file://"))
            link = link.substr(7);
        else if (link.find("://") != std::string::npos) {
            out.push_back(link);
            continue;
        }
        if (link.starts_with("~/")) link.replace(0, 1, home);
        std::error_code failed;
        if (fs::is_directory(link, failed)) out.push_back(fs::absolute(link).lexically_normal());
    }
    return out;
}

// The parts of "https://user@host:8080/path"; the authority is in lower case, since hosts are.
struct Parts {
    std::string scheme, user, authority, host, rest;
};
Parts take_apart(const std::string& url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos) return {};
    const std::size_t begin = scheme + 3, end = std::min(url.find_first_of("/?#", begin), url.size());
    const std::string whole = url.substr(begin, end - begin);
    const std::size_t at = whole.rfind('@');
    Parts parts{to_lower(url.substr(0, scheme)), at == std::string::npos ? "" : whole.substr(0, at),
                to_lower(at == std::string::npos ? whole : whole.substr(at + 1)), "", url.substr(end)};
    const std::size_t colon = parts.authority.rfind(':');
    const bool has_port = colon != std::string::npos && parts.authority.find(']', colon) == std::string::npos;
    parts.host = parts.authority.substr(0, has_port ? colon : std::string::npos);
    return parts;
}

// "name=https://…", a form of UV_INDEX, without the name.
std::string without_name(const std::string& index) {
    const std::size_t sign = index.find('='), scheme = index.find("://");
    return sign != std::string::npos && sign < scheme ? index.substr(sign + 1) : index;
}

}  // namespace

bool PipSettings::trusts(const std::string& url) const {
    const Parts parts = take_apart(url);
    return std::any_of(trusted_hosts.begin(), trusted_hosts.end(), [&](const std::string& host) {
        return to_lower(host) == parts.host || to_lower(host) == parts.authority;
    });
}

std::string PipSettings::with_user(const std::string& url) const {
    const Parts parts = take_apart(url);
    if (parts.authority.empty() || !parts.user.empty()) return url;
    std::vector<std::string> known = {default_index};
    known.insert(known.end(), more_indexes.begin(), more_indexes.end());
    known.insert(known.end(), find_links.begin(), find_links.end());
    for (const std::string& index : known) {
        const Parts other = take_apart(index);
        if (!other.user.empty() && other.scheme == parts.scheme && other.authority == parts.authority)
            return parts.scheme + "://" + other.user + "@" + parts.authority + parts.rest;
    }
    return url;
}

Environment process_environment() {
    return [](const std::string& name) {
        const char* value = std::getenv(name.c_str());
        return std::string(value == nullptr ? "" : value);
    };
}

Result<PipSettings> read_pip_settings(const Environment& environment, const fs::path& root) {
    auto options = read_options(environment, root);
    if (!options) return options.error();
    const auto first_set = [&](std::initializer_list<const char*> variables, const std::string& otherwise) {
        for (const char* name : variables)
            if (std::string value = environment(name); !value.empty()) return value;
        return otherwise;
    };
    PipSettings settings;
    settings.default_index = without_name(first_set({"UV_DEFAULT_INDEX", "UV_INDEX_URL"}, (*options)["index-url"]));
    const std::string uv_indexes = environment("UV_INDEX") + " " + environment("UV_EXTRA_INDEX_URL");
    for (const std::string& index : words(uv_indexes)) settings.more_indexes.push_back(without_name(index));
    if (settings.more_indexes.empty()) {
        settings.more_indexes = words((*options)["extra-index-url"]);
        // pip treats all indexes as one: it takes the best version of any of them.
        if (!settings.more_indexes.empty()) settings.index_strategy = IndexStrategy::unsafe_best_match;
    }
    if (const std::string word = environment("UV_INDEX_STRATEGY"); !word.empty()) {
        settings.index_strategy = parse_index_strategy(word);
        if (!settings.index_strategy)
            return machine_error(
                "the environment variable UV_INDEX_STRATEGY is \"" + word + "\", which uv does not know",
                "set it to one of " + join(index_strategies(), ", ") + ", or unset it");
    }
    const std::string uv_links = environment("UV_FIND_LINKS");
    settings.find_links = usable_links(uv_links.empty() ? words((*options)["find-links"]) : words(uv_links, ", \t\n\r"),
                                       environment("HOME"));
    settings.no_index = is_yes(first_set({"UV_NO_INDEX"}, (*options)["no-index"]));
    // REQUESTS_CA_BUNDLE is obeyed by pip's HTTP library.
    settings.ca_file = (*options)["cert"];
    if (settings.ca_file.empty() && environment("SSL_CERT_FILE").empty() && environment("CURL_CA_BUNDLE").empty())
        settings.ca_file = environment("REQUESTS_CA_BUNDLE");
    settings.trusted_hosts = words(environment("UV_INSECURE_HOST"), ", \t\n\r");
    for (const std::string& host : words((*options)["trusted-host"])) settings.trusted_hosts.push_back(host);
    return settings;
}

}  // namespace tmplbuild
