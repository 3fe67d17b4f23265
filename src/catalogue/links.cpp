// SPDX-License-Identifier: Apache-2.0
#include "catalogue/links.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/grammar.hpp"
#include "base/percent.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "catalogue/folders.hpp"

namespace tmplbuild::catalogue {
namespace {

constexpr std::size_t longest_link = 2000;

struct Address {
    std::string scheme, host, path;  // the host in lower case, the path without its first slash, still encoded
    std::vector<std::pair<std::string, std::string>> query;

    const std::string* find(std::string_view key) const {
        for (const auto& [name, value] : query)
            if (name == key) return &value;
        return nullptr;
    }
};

std::optional<Address> address_of(std::string_view text) {
    Address out;
    text = text.substr(0, text.find('#'));
    const std::size_t scheme = text.find("://");
    out.scheme = scheme == std::string_view::npos ? "https" : to_lower(text.substr(0, scheme));
    if (out.scheme != "https" && out.scheme != "http") return std::nullopt;
    if (scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
    const std::size_t question = std::min(text.find('?'), text.size());
    std::string_view place = text.substr(0, question);
    const std::size_t slash = std::min(place.find('/'), place.size());
    out.host = to_lower(place.substr(0, slash));
    if (slash < place.size()) out.path = place.substr(slash + 1);
    if (out.host.find('.') == std::string::npos && !out.host.starts_with("localhost") && !out.host.starts_with('['))
        return std::nullopt;
    if (question < text.size())
        for (const std::string& pair : split(text.substr(question + 1), '&')) {
            const std::size_t equals = std::min(pair.find('='), pair.size());
            if (!pair.empty())
                out.query.emplace_back(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())));
        }
    return out;
}

// None where an escape is wrong or hides a slash or a control character.
std::optional<std::string> percent_decoded(std::string_view text) {
    const auto odd = [](std::string_view in) {
        return std::count_if(in.begin(), in.end(),
                             [](char c) { return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20; });
    };
    Decoded out = decode_percent(text);
    if (out.has_broken_escape || odd(out.text) != odd(text) || !is_utf8(out.text)) return std::nullopt;
    return std::move(out.text);
}

void refuse(ModelLink& link, std::string problem, std::string hint) {
    link.url.clear();
    link.name.clear();
    link.problem = std::move(problem);
    link.hint = std::move(hint);
}

void guess(ModelLink& link) {
    FolderGuess found = guess_folder(link.name, link.path, link.repository);
    link.directory = std::move(found.directory);
    link.reason = std::move(found.reason);
}

// OWNER/REPOSITORY/resolve/REVISION/PATH, the words of Hugging Face's own addresses.
void read_hugging_face(ModelLink& link, const Address& address) {
    link.host = LinkHost::hugging_face;
    const auto parts = split(address.path, '/');
    const std::string& first = parts[0];
    if (first == "datasets" || first == "spaces")
        return refuse(
            link, "this is a " + std::string(first == "spaces" ? "space" : "data set") + ", not a model's repository",
            "open the model's repository and copy the link of its file");
    if (parts.size() < 2 || parts[0].empty() || parts[1].empty())
        return refuse(link, "this is a page of Hugging Face and no repository", "copy the link of a model's file");
    link.repository = parts[0] + "/" + parts[1];
    if (parts.size() < 5 || parts[2] == "tree" || parts.back().empty())
        return refuse(link, "this is the page of a repository or a folder, not a file",
                      "open 'Files and versions' there, and copy the link of one file");
    if (parts[2] != "blob" && parts[2] != "resolve" && parts[2] != "raw")
        return refuse(link, "this is a page of the repository, not a file", "copy the link of a file");
    std::string encoded;
    for (std::size_t i = 4; i < parts.size(); ++i) {
        const auto part = percent_decoded(parts[i]);
        if (!part || part->empty() || *part == "." || *part == "..")
            return refuse(link, "the path in this link is broken", "copy the link again");
        link.path += (i == 4 ? "" : "/") + *part;
        encoded += "/" + parts[i];
        link.name = *part;
    }
    link.revision = parts[3];
    if (!is_model_file_name(link.name))
        return refuse(link, "'" + link.name + "' is no model file",
                      "model files end with .safetensors, .gguf and such");
    link.url = "https://huggingface.co/" + link.repository + "/resolve/" + link.revision + encoded;
    guess(link);
}

bool is_number(std::string_view text) { return parse_whole(text, 1, INT64_MAX).has_value(); }

// The download of a version: which of its files, where the link says so, and nothing else.
void read_civitai_version(ModelLink& link, const Address& address, const std::string& version) {
    if (!is_number(version))
        return refuse(link, "the version in this link is no number", "copy the link of the version's download button");
    link.version = version;
    link.url = "https://" + address.host + "/api/download/models/" + version;
    char separator = '?';
    for (const char* key : {"type", "format", "size", "fp", "fileId"})
        if (const std::string* value = address.find(key)) {
            link.url += separator + std::string(key) + "=" + *value;
            separator = '&';
        }
    link.reason = "CivitAI does not say in a link what kind of model it is";
    const std::string* type = address.find("type");
    if (type != nullptr && *type == "VAE") {
        link.directory = "vae";
        link.reason = "the link asks for the version's VAE";
    }
}

void read_civitai(ModelLink& link, const Address& address) {
    link.host = LinkHost::civitai;
    const auto parts = split(address.path, '/');
    const auto is = [&](std::size_t at, std::string_view word) { return at < parts.size() && parts[at] == word; };
    if (is(0, "api") && is(1, "download") && is(2, "models") && parts.size() > 3)
        return read_civitai_version(link, address, parts[3]);
    if (is(0, "api") && is(1, "v1") && is(2, "model-versions") && parts.size() > 3)
        return read_civitai_version(link, address, parts[3]);
    if (is(0, "model-versions") && parts.size() > 1) return read_civitai_version(link, address, parts[1]);
    if (is(0, "models") && parts.size() > 1) {
        if (const std::string* version = address.find("modelVersionId"))
            return read_civitai_version(link, address, *version);
        return refuse(link, "this is the page of a model, which has several versions",
                      "choose a version on the page: its address then ends with ?modelVersionId=…, or copy the link of "
                      "the download button");
    }
    refuse(link, "this is a page of CivitAI and no model", "copy the link of a version's download button");
}

void read_other(ModelLink& link, const Address& address, std::string_view text) {
    const auto name = percent_decoded(address.path.substr(address.path.rfind('/') + 1));
    if (!name || !is_model_file_name(*name))
        return refuse(link, "this is no link to a model file",
                      "a link to a file ends with its name, such as model.safetensors");
    link.name = *name;
    link.url = text.find("://") == std::string_view::npos ? "https://" + std::string(text) : std::string(text);
    const std::string blob = "/blob/";
    if (const std::size_t at = link.url.find(blob); address.host == "github.com" && at != std::string::npos)
        link.url.replace(at, blob.size(), "/raw/");
    guess(link);
}

// The same without a key that somebody pasted with it: it would end up in lists and logs.
std::string without_token(std::string_view text, bool& removed) {
    const std::size_t question = text.find('?');
    if (question == std::string_view::npos) return std::string(text);
    std::string out(text.substr(0, question));
    char separator = '?';
    for (const std::string& pair : split(text.substr(question + 1), '&')) {
        const std::string key = to_lower(pair.substr(0, pair.find('=')));
        if (key == "token" || key == "access_token" || key == "api_key") {
            removed = true;
            continue;
        }
        out += separator + pair;
        separator = '&';
    }
    return out;
}

void find_halves(std::vector<ModelLink>& links) {
    for (std::size_t i = 0; i < links.size(); ++i) {
        ModelLink& link = links[i];
        const std::string other = link.problem.empty() ? name_of_other_half(link.name) : "";
        if (other.empty()) continue;
        const auto half = std::find_if(links.begin(), links.end(), [&](const ModelLink& one) {
            return &one != &link && one.name == other && one.problem.empty();
        });
        if (half != links.end()) {
            link.pair = static_cast<std::size_t>(half - links.begin());
        } else if (link.host == LinkHost::hugging_face) {
            // Names differ in the file's last part alone; a folder that names the half, too, is changed with it.
            std::string path = link.path, changed;
            for (const std::string& part : split(path, '/')) {
                const std::string swapped = name_of_other_half(part);
                changed += "/" + percent_encoded(swapped.empty() ? part : swapped, "+");
            }
            link.other_half = "https://huggingface.co/" + link.repository + "/resolve/" + link.revision + changed;
        }
    }
}

}  // namespace

ModelLink read_link(std::string_view text) {
    ModelLink link;
    text = trim(text);
    link.given = without_token(text, link.token_removed);
    const std::string_view clean = link.given;
    const auto address = clean.size() <= longest_link ? address_of(clean) : std::nullopt;
    const bool complete = address && clean.find("://") != std::string_view::npos;
    if (!address || (complete && !is_address(clean, {"https", "http"}))) {
        link.given = link.given.substr(0, 200);
        refuse(link, "this is no link", "a link is https://host/path, without a password");
        return link;
    }
    const std::string& host = address->host;
    if (host == "huggingface.co" || host == "www.huggingface.co" || host == "hf.co")
        read_hugging_face(link, *address);
    else if (host == "civitai.com" || host == "www.civitai.com" || host == "civitai.red" || host == "www.civitai.red")
        read_civitai(link, *address);
    else
        read_other(link, *address, clean);
    return link;
}

std::vector<ModelLink> read_links(std::string_view text) {
    constexpr std::string_view between = " \t\r\n,;<>()[]\"'`|";
    std::vector<ModelLink> out;
    std::set<std::string> seen;
    text = text.substr(0, max_pasted_bytes);
    for (std::size_t at = 0; at < text.size() && out.size() < max_pasted_links;) {
        const std::size_t begin = text.find_first_not_of(between, at);
        if (begin == std::string_view::npos) break;
        at = std::min(text.find_first_of(between, begin), text.size());
        const std::string_view word = text.substr(begin, at - begin);
        const bool is_link = word.find("://") != std::string_view::npos || word.starts_with("huggingface.co/") ||
                             word.starts_with("hf.co/") || word.starts_with("civitai.");
        if (!is_link) continue;  // words around links
        ModelLink link = read_link(word);
        if (seen.insert(link.url.empty() ? link.given : link.url).second) out.push_back(std::move(link));
    }
    find_halves(out);
    return out;
}

}  // namespace tmplbuild::catalogue
