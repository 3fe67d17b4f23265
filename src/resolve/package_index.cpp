// SPDX-License-Identifier: Apache-2.0
#include "resolve/package_index.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "base/grammar.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "resolve/pylock.hpp"
#include "resolve/wheel_tags.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

void append_utf8(std::string& out, unsigned long code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
        return;
    }
    const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static constexpr std::array<unsigned, 4> lead = {0, 0xC0, 0xE0, 0xF0};
    out += static_cast<char>(lead[static_cast<std::size_t>(more)] | (code >> (6 * more)));
    for (int n = more - 1; n >= 0; --n) out += static_cast<char>(0x80 | ((code >> (6 * n)) & 0x3F));
}

// Replaces HTML's character references that occur in links: numbers, and the few names that an attribute must escape.
std::string without_references(std::string_view text) {
    static const std::map<std::string_view, char> names = {{"amp", '&'},  {"lt", '<'},    {"gt", '>'},
                                                           {"quot", '"'}, {"apos", '\''}, {"nbsp", ' '}};
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::size_t end = text[at] == '&' ? text.find(';', at) : std::string_view::npos;
        if (end == std::string_view::npos || end - at > 10) {
            out += text[at];
            continue;
        }
        const std::string_view name = text.substr(at + 1, end - at - 1);
        const auto known = names.find(name);
        unsigned long code = 0;
        if (name.starts_with('#') && name.size() > 1) {
            const bool hex = name[1] == 'x' || name[1] == 'X';
            const char* stop = name.data() + name.size();
            if (std::from_chars(name.data() + (hex ? 2 : 1), stop, code, hex ? 16 : 10).ptr != stop) code = 0;
        }
        if (known != names.end())
            out += known->second;
        else if (code > 0 && code < 0x110000)
            append_utf8(out, code);
        else
            out += text.substr(at, end - at + 1);
        at = end;
    }
    return out;
}

// The value of one attribute inside a tag, with either kind of quotes or without.
std::optional<std::string> attribute(std::string_view tag, std::string_view wanted) {
    const std::string_view space = " \t\r\n\f/";
    std::size_t at = std::min(tag.find_first_of(space), tag.size());  // skips the tag's name
    while ((at = tag.find_first_not_of(space, at)) != std::string_view::npos) {
        const std::size_t name_end = std::min(tag.find_first_of(" \t\r\n\f/=", at), tag.size());
        const std::string name = to_lower(tag.substr(at, name_end - at));
        at = std::min(tag.find_first_not_of(" \t\r\n\f", name_end), tag.size());
        std::string_view value;
        if (at < tag.size() && tag[at] == '=') {
            at = std::min(tag.find_first_not_of(" \t\r\n\f", at + 1), tag.size());
            const char quote = at < tag.size() ? tag[at] : ' ';
            const bool quoted = quote == '"' || quote == '\'';
            const std::size_t begin = quoted ? at + 1 : at;
            const std::size_t end = quoted ? tag.find(quote, begin) : tag.find_first_of(" \t\r\n\f", begin);
            value = tag.substr(begin, std::min(end, tag.size()) - begin);
            at = std::min(end == std::string_view::npos ? tag.size() : end + (quoted ? 1 : 0), tag.size());
        } else if (name_end == at && name.empty()) {
            ++at;  // a stray sign
        }
        if (name == wanted) return without_references(value);
    }
    return {};
}

// The end of a tag that begins at `at`: the first '>' outside quotes.
std::size_t tag_end(std::string_view text, std::size_t at) {
    char quote = 0;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (quote != 0)
            quote = c == quote ? '\0' : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '>')
            return at;
    }
    return std::string_view::npos;
}

std::optional<IndexLink> link_to(const std::string& page, const std::string& href) {
    auto url = io::join_url(page, href);
    if (!url) return {};
    IndexLink link{url_file_name(*url), *url, {}};
    const std::size_t hash = href.find("#sha256=");  // PEP 503; hashes of other kinds are not used here
    if (hash != std::string::npos)
        if (auto digest = Digest::parse_hex(to_lower(std::string_view(href).substr(hash + 8, 64))))
            link.sha256 = *digest;
    if (link.file.empty()) return {};
    return link;
}

// Which file of a project it is: an sdist (PEP 625) or a wheel.
struct NamedFile {
    std::string version;
    bool is_sdist;
};

std::optional<NamedFile> read_file_name(const std::string& file, const std::string& project) {
    if (const auto wheel = parse_wheel_name(file)) {
        if (normalized_project(wheel->distribution) != project) return {};
        return NamedFile{wheel->version, false};
    }
    for (const char* ending : {".tar.gz", ".zip"}) {
        if (!file.ends_with(ending)) continue;
        const std::string stem = file.substr(0, file.size() - std::string_view(ending).size());
        // Older names may have '-' in the project.
        for (std::size_t at = 0; (at = stem.find('-', at)) != std::string::npos; ++at)
            if (normalized_project(stem.substr(0, at)) == project && is_python_version(stem.substr(at + 1)))
                return NamedFile{stem.substr(at + 1), true};
    }
    return {};
}

// Zeros at the end of a release do not count (PEP 440).
bool is_same_version(const std::string& left, const std::string& right) {
    const auto plain = [](const std::string& text) {
        std::string out = to_lower(text);
        if (out.find_first_not_of("0123456789.") == std::string::npos)
            while (out.ends_with(".0")) out.resize(out.size() - 2);
        return out;
    };
    return plain(left) == plain(right);
}

// The answer of one place: the link where it has the sdist, else the reason why not.
struct Offer {
    std::optional<IndexLink> link{};
    bool has_project = false;
    std::string reason{};
};

Offer offer_of(const std::vector<IndexLink>& links, const std::string& project, const std::string& version,
               const std::string& place) {
    Offer out;
    bool has_wheels = false;
    std::string last;  // the version that the page names last, which is mostly the newest
    for (const IndexLink& link : links) {
        const auto file = read_file_name(link.file, project);
        if (!file) continue;
        out.has_project = true;
        last = file->version;
        if (!is_same_version(file->version, version)) continue;
        has_wheels = has_wheels || !file->is_sdist;
        if (file->is_sdist && (!out.link || link.file.ends_with(".tar.gz"))) out.link = link;
    }
    out.reason = place + (has_wheels        ? ": has only wheels of " + version
                          : out.has_project ? ": has no version " + version + "; the last that it names is " + last
                                            : ": has no project of this name");
    return out;
}

std::vector<IndexLink> files_of(const fs::path& folder) {
    std::vector<IndexLink> out;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(folder, failed))
        if (entry.is_regular_file(failed)) out.push_back({entry.path().filename(), entry.path(), {}});
    std::sort(out.begin(), out.end(), [](const IndexLink& a, const IndexLink& b) { return a.file < b.file; });
    return out;
}

}  // namespace

std::vector<IndexLink> parse_simple_html(std::string_view text, const std::string& page) {
    std::vector<IndexLink> links;
    std::string base = page;
    for (std::size_t at = 0; (at = text.find('<', at)) != std::string_view::npos;) {
        if (text.substr(at).starts_with("<!--")) {
            at = std::min(text.find("-->", at), text.size());
            continue;
        }
        const std::size_t end = tag_end(text, at);
        if (end == std::string_view::npos) break;
        const std::string_view tag = text.substr(at + 1, end - at - 1);
        const std::string name = to_lower(tag.substr(0, tag.find_first_of(" \t\r\n\f")));
        at = end + 1;
        if (name != "a" && name != "base") continue;
        const auto href = attribute(tag, "href");
        if (!href) continue;
        if (name == "base") {
            if (auto moved = io::join_url(page, *href)) base = *moved;
        } else if (auto link = link_to(base, *href)) {
            links.push_back(std::move(*link));
        }
    }
    return links;
}

Result<std::vector<IndexLink>> parse_simple_json(std::string_view text, const std::string& page) {
    auto document = json::parse(text, io::printable_url(page));
    if (!document) return document.error();
    const json::value* files = document->is_object() ? document->get_object().if_contains("files") : nullptr;
    if (files == nullptr || !files->is_array())
        return network_error(io::printable_url(page) + " is no page of the simple repository API");
    std::vector<IndexLink> links;
    for (const json::value& item : files->get_array()) {
        if (!item.is_object()) continue;
        const json::object& o = item.get_object();
        auto url = io::join_url(page, json::string_or(o, "url", ""));
        IndexLink link{json::string_or(o, "filename", ""), url ? *url : "", {}};
        if (link.file.empty() || link.url.empty()) continue;
        if (const auto hashes = json::get_object(o, "hashes"))
            if (auto digest = Digest::parse_hex(json::string_or(**hashes, "sha256", ""))) link.sha256 = *digest;
        links.push_back(std::move(link));
    }
    return links;
}

io::HttpRequest request_for(const PipSettings& settings, const std::string& url) {
    return {.url = settings.with_user(url), .ca_file = settings.ca_file, .insecure = settings.trusts(url)};
}

// The links of a page; none for a page that does not exist. Some indexes answer 403 for a project that they lack.
Result<std::vector<IndexLink>> PackageIndex::page(const std::string& url, std::stop_token stop) {
    io::HttpRequest request = request_for(settings_, url);
    // PEP 691, "Version + Format Selection".
    request.headers["Accept"] =
        "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
        "text/html;q=0.1";
    auto response = http_.send(request, std::move(stop));
    if (!response) return response.error();
    if (response->status != 200) {
        if (response->status == 404 || response->status == 410 || response->status == 403)
            return std::vector<IndexLink>();
        return network_error(
            io::printable_url(url) + " answered with HTTP status " + std::to_string(response->status),
            response->status == 401 ? "put the index's user and password into its URL or into ~/.netrc" : "");
    }
    const auto kind = response->headers.find("content-type");
    if (kind != response->headers.end() && kind->second.find("json") != std::string::npos)
        return parse_simple_json(response->body, response->final_url);
    return parse_simple_html(response->body, response->final_url);
}

Result<FilePlaces> PackageIndex::find(const LockedDistribution& wanted, std::stop_token stop) {
    FilePlaces found;
    std::optional<Error> unreachable;
    const auto take_from = [&](const std::vector<IndexLink>& links, const std::string& place) {
        std::string reason = place + ": has no such file";
        for (const IndexLink& link : links) {
            if (link.file != wanted.file) continue;
            reason.clear();
            if (link.sha256 && *link.sha256 != wanted.sha256)
                reason = place + ": has another file of this name";
            else
                found.locations.push_back(link.url);
        }
        if (!reason.empty()) found.reasons.push_back(reason);
    };
    const auto ask = [&](const std::string& url, bool keep) {
        {
            const std::scoped_lock lock(mutex_);
            if (const auto known = link_pages_.find(url); keep && known != link_pages_.end())
                return take_from(known->second, io::printable_url(url));
        }
        auto links = page(url, stop);
        if (!links) {
            if (!unreachable || links.error().kind == ErrorKind::interrupted) unreachable = links.error();
            found.reasons.push_back(links.error().message);
            return;
        }
        take_from(*links, io::printable_url(url));
        const std::scoped_lock lock(mutex_);
        if (keep) link_pages_[url] = std::move(*links);
    };
    for (const std::string& link : settings_.find_links) {
        std::error_code failed;
        if (link.find("://") != std::string::npos)
            ask(link, true);
        else if (const fs::path file = fs::path(link) / wanted.file; fs::is_regular_file(file, failed))
            found.locations.push_back(file);
        else
            found.reasons.push_back(link + ": has no such file");
    }
    for (const std::string& index : indexes_)
        ask(index + (index.ends_with('/') ? "" : "/") + normalized_project(wanted.name) + "/", false);
    if (unreachable && (found.locations.empty() || unreachable->kind == ErrorKind::interrupted)) return *unreachable;
    return found;
}

Result<SdistSearch> PackageIndex::find_sdist(const std::string& project, const std::string& version,
                                             std::stop_token stop) {
    SdistSearch found;
    const auto ask = [&](const std::string& place) -> Result<Offer> {
        const bool is_page = place.find("://") != std::string::npos;
        auto links = is_page ? page(place, stop) : Result<std::vector<IndexLink>>(files_of(place));
        if (!links) return links.error();
        Offer offer = offer_of(*links, project, version, is_page ? io::printable_url(place) : place);
        if (offer.link)
            found.link = offer.link;
        else
            found.reasons.push_back(offer.reason);
        return offer;
    };
    for (const std::string& link : settings_.find_links) {
        auto offer = ask(link);
        if (!offer) return offer.error();
        if (offer->link) return found;
    }
    const bool first_alone =
        settings_.index_strategy.value_or(IndexStrategy::first_index) == IndexStrategy::first_index;
    for (const std::string& index : indexes_) {
        auto offer = ask(index + (index.ends_with('/') ? "" : "/") + project + "/");
        if (!offer) return offer.error();
        if (offer->link || (offer->has_project && first_alone)) return found;
    }
    return found;
}

}  // namespace tmplbuild
