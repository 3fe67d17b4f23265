// SPDX-License-Identifier: Apache-2.0
#include "template/requirement.hpp"

#include <algorithm>
#include <array>

#include "base/grammar.hpp"
#include "base/text.hpp"

namespace tmplbuild {

namespace {

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_name_char(char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; }
bool is_space(char c) { return c == ' ' || c == '\t'; }

Error not_one(std::string_view line, const std::string& hint) {
    return usage_error("\"" + without_user(line) + "\" is not a Python requirement", hint);
}

constexpr const char* as_pip_does = "write it as pip does: \"torch==2.11.0\", \"numpy>=2\", \"name @ https://…\"";

// ` ; marker` after an address needs the space before ';' (PEP 508), since an address may hold a ';'.
std::size_t marker_of_address(std::string_view text) {
    for (std::size_t at = 1; (at = text.find(';', at)) != std::string_view::npos; ++at)
        if (is_space(text[at - 1])) return at;
    return std::string_view::npos;
}

Result<RequirementHash> parse_hash(std::string_view text) {
    const std::size_t colon = text.find_first_of(":=");
    RequirementHash hash{std::string(text.substr(0, colon)),
                         colon == std::string_view::npos ? "" : to_lower(text.substr(colon + 1))};
    static constexpr std::array<std::pair<const char*, std::size_t>, 3> known = {
        {{"sha256", 64}, {"sha384", 96}, {"sha512", 128}}};
    for (const auto& [name, digits] : known)
        if (hash.algorithm == name && hash.hex.size() == digits &&
            hash.hex.find_first_not_of("0123456789abcdef") == std::string::npos)
            return hash;
    return usage_error("\"" + std::string(text) + "\" is not a hash of a file",
                       "write it as pip does: --hash=sha256: and 64 hex digits (sha384 and sha512 are taken, too)");
}

bool is_archive(std::string_view path) {
    for (const char* ending : {".whl", ".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz"})
        if (path.ends_with(ending)) return true;
    return false;
}

class RequirementParser {
  public:
    explicit RequirementParser(std::string_view line) : line_(line), rest_(trim(line)) {}

    Result<Requirement> run() {
        if (auto done = take_hashes(); !done) return done.error();
        if (rest_.empty()) return not_one(line_, as_pip_does);
        if (auto done = take_editable(); !done) return done.error();
        if (rest_.front() == '-') return not_one(line_, "an option belongs into a file of requirements");
        auto done = looks_like_address() || (out_.editable && rest_.find(" @ ") == std::string_view::npos)
                        ? bare_address()
                        : named();
        if (!done) return done.error();
        if (out_.editable && (out_.kind == AddressKind::none || out_.kind == AddressKind::web || out_.names_archive()))
            return not_one(line_, "what can be edited is a folder of sources or a repository");
        return std::move(out_);
    }

  private:
    Result<void> take_editable() {
        const bool is_long = rest_.starts_with("--editable");
        if (!is_long && !rest_.starts_with("-e")) return {};
        rest_ = trim(rest_.substr(is_long ? std::string_view("--editable").size() : 2));
        if (rest_.starts_with('=')) rest_ = trim(rest_.substr(1));
        out_.editable = true;
        if (rest_.empty()) return not_one(line_, "behind -e stands a folder or a repository: -e ./folder");
        return {};
    }

    // pip: options begin at the first word that starts with '-'.
    Result<void> take_hashes() {
        for (std::size_t at = 0; (at = rest_.find(" -", at)) != std::string_view::npos; ++at) {
            const std::string_view words = rest_.substr(at);
            rest_ = trim(rest_.substr(0, at));
            return options(words);
        }
        return {};
    }

    Result<void> options(std::string_view words) {
        while (!(words = trim(words)).empty()) {
            const std::size_t end = std::min(words.find_first_of(" \t"), words.size());
            std::string_view word = words.substr(0, end);
            words.remove_prefix(end);
            if (word == "--hash") {
                words = trim(words);
                const std::size_t stop = std::min(words.find_first_of(" \t"), words.size());
                word = words.substr(0, stop);
                words.remove_prefix(stop);
            } else if (word.starts_with("--hash=")) {
                word.remove_prefix(std::string_view("--hash=").size());
            } else {
                const std::string option(word.substr(0, word.find('=')));
                return usage_error("the option '" + option + "' of a requirement is not supported",
                                   option == "--config-settings" || option == "--config-setting" || option == "-C" ||
                                           option == "--global-option"
                                       ? "build a wheel with it once, and require that wheel by its path or address"
                                       : "behind a requirement there can be --hash=sha256:… alone");
            }
            auto hash = parse_hash(word);
            if (!hash) return hash.error();
            out_.hashes.push_back(std::move(*hash));
        }
        return {};
    }

    bool looks_like_address() const {
        const std::string_view first = rest_.substr(0, rest_.find_first_of(" \t"));
        if (const std::size_t sign = first.find("://"); sign != std::string_view::npos)
            return first.substr(0, sign).find_first_of("@[<>=!~;") == std::string_view::npos;
        if (first.front() == '.' || first.front() == '/' || first.front() == '~') return true;
        const std::string_view plain = first.substr(0, first.find_first_of("[<>=!~;@"));
        return plain.find('/') != std::string_view::npos || is_archive(plain);
    }

    Result<void> bare_address() {
        const std::size_t marker = marker_of_address(rest_);
        if (marker != std::string_view::npos) {
            out_.marker = trim(rest_.substr(marker + 1));
            rest_ = trim(rest_.substr(0, marker));
        }
        // Such as "./x.whl[extra]".
        if (rest_.ends_with(']') && rest_.find("://") == std::string_view::npos) {
            const std::size_t open = rest_.rfind('[');
            if (open == std::string_view::npos) return not_one(line_, as_pip_does);
            out_.extras = rest_.substr(open);
            rest_ = trim(rest_.substr(0, open));
        }
        return address(rest_);
    }

    Result<void> named() {
        const std::size_t end = std::min(rest_.find_first_of(" \t[(<>=!~;@"), rest_.size());
        out_.name = rest_.substr(0, end);
        if (!is_project_name(out_.name)) return not_one(line_, as_pip_does);
        rest_ = trim(rest_.substr(end));
        if (rest_.starts_with('[')) {
            const std::size_t close = rest_.find(']');
            if (close == std::string_view::npos) return not_one(line_, as_pip_does);
            out_.extras = rest_.substr(0, close + 1);
            rest_ = trim(rest_.substr(close + 1));
        }
        if (rest_.starts_with('@')) {
            rest_ = trim(rest_.substr(1));
            const std::size_t marker = marker_of_address(rest_);
            if (marker != std::string_view::npos) out_.marker = trim(rest_.substr(marker + 1));
            return address(trim(rest_.substr(0, marker)));
        }
        const std::size_t marker = rest_.find(';');
        if (marker != std::string_view::npos) out_.marker = trim(rest_.substr(marker + 1));
        out_.versions = trim(rest_.substr(0, marker));
        return check_versions();
    }

    Result<void> check_versions() {
        std::string_view text = out_.versions;
        if (text.empty()) return {};
        if (text.front() == '(' && text.back() == ')') text = text.substr(1, text.size() - 2);
        for (const std::string& part : split(text, ',')) {
            const std::string_view one = trim(part);
            static constexpr std::array<std::string_view, 8> signs = {"===", "==", "<=", ">=", "!=", "~=", "<", ">"};
            const auto sign =
                std::find_if(signs.begin(), signs.end(), [&](std::string_view s) { return one.starts_with(s); });
            if (sign == signs.end())
                return not_one(line_, one.starts_with('=') ? "an exact version is written with two '='" : as_pip_does);
            const std::string_view version = trim(one.substr(sign->size()));
            if (version.empty() || version.find_first_of(" \t<>=~") != std::string_view::npos)
                return not_one(line_, as_pip_does);
        }
        return {};
    }

    Result<void> address(std::string_view text) {
        if (text.empty() || text.find_first_of(" \t\"'`\\") != std::string_view::npos)
            return not_one(line_, "an address holds no spaces and quotes: write %20 for a space");
        const std::size_t hash = text.find('#');
        if (hash != std::string_view::npos)
            if (auto done = fragment(text.substr(hash + 1)); !done) return done;
        text = text.substr(0, hash);
        const std::size_t sign = text.find("://");
        const std::string scheme = sign == std::string_view::npos ? "" : to_lower(text.substr(0, sign));
        out_.address = text;
        if (scheme.empty() || scheme == "file") {
            out_.kind = AddressKind::path;
            if (scheme == "file") return file_address(text.substr(sign + 3));
            return {};
        }
        if (scheme == "http" || scheme == "https") {
            out_.kind = AddressKind::web;
            if (is_archive(text.substr(0, text.find('?')))) return {};
            return not_one(line_, "an address names a wheel or an sdist: it ends with .whl, .tar.gz or .zip");
        }
        if (scheme == "git+https" || scheme == "git+http" || scheme == "git+ssh" || scheme == "git+file")
            return git_address(text.substr(4));
        return not_one(line_, "known addresses are https, http, file, git+https, git+http and git+ssh");
    }

    Result<void> file_address(std::string_view path) {
        if (path.starts_with("localhost/")) path.remove_prefix(std::string_view("localhost").size());
        if (!path.starts_with('/')) return not_one(line_, "a file's address has three slashes: file:///…");
        out_.address = path;
        return {};
    }

    Result<void> git_address(std::string_view url) {
        out_.kind = AddressKind::git;
        const std::size_t path = url.find('/', url.find("://") + 3);
        const std::size_t at = url.rfind('@');
        if (path != std::string_view::npos && at != std::string_view::npos && at > path) {
            out_.rev = url.substr(at + 1);
            url = url.substr(0, at);
            const bool plain = std::all_of(out_.rev.begin(), out_.rev.end(), [](char c) {
                return is_alphanumeric(c) || std::string_view("._/-+").find(c) != std::string_view::npos;
            });
            if (out_.rev.empty() || out_.rev.front() == '-' || !plain || out_.rev.find("..") != std::string::npos)
                return not_one(line_, "behind the '@' stands a commit, a tag or a branch");
        }
        out_.address = url;
        if (!is_address(out_.address, git_schemes()))
            return not_one(line_, is_address(without_user(out_.address), git_schemes())
                                      ? "a password stands in git's own credentials of this machine, in no address"
                                      : "write it as git+https://host/path@COMMIT");
        if (!out_.hashes.empty()) return not_one(line_, "a repository has no hash: name 40 digits of a commit");
        return {};
    }

    Result<void> fragment(std::string_view text) {
        for (const std::string& part : split(text, '&')) {
            const std::size_t sign = part.find('=');
            const std::string key = part.substr(0, sign);
            const std::string value = sign == std::string::npos ? "" : part.substr(sign + 1);
            if (key == "egg") {
                const std::size_t open = value.find('[');
                if (out_.name.empty() && is_project_name(value.substr(0, open))) out_.name = value.substr(0, open);
                if (out_.extras.empty() && open != std::string::npos) out_.extras = value.substr(open);
            } else if (key == "subdirectory") {
                if (value.empty() || value.front() == '/' || ("/" + value + "/").find("/../") != std::string::npos)
                    return not_one(line_, "a subdirectory lies inside of the source");
                out_.subdirectory = value;
            } else if (key == "sha256" || key == "sha384" || key == "sha512") {
                auto hash = parse_hash(part);
                if (!hash) return hash.error();
                out_.hashes.push_back(std::move(*hash));
            } else if (!key.empty()) {
                return not_one(line_, "'" + key +
                                          "' behind the '#' has no meaning here; known are sha256, egg, "
                                          "subdirectory");
            }
        }
        return {};
    }

    std::string_view line_, rest_;
    Requirement out_;
};

}  // namespace

Result<Requirement> parse_requirement(std::string_view line) { return RequirementParser(line).run(); }

std::string Requirement::project() const { return normalized_project(name); }

bool Requirement::is_pinned() const {
    if (kind != AddressKind::none) return true;
    std::string_view text = versions;
    if (text.starts_with('(') && text.ends_with(')')) text = text.substr(1, text.size() - 2);
    text = trim(text);
    return text.starts_with("==") && text.find_first_of(",*") == std::string_view::npos;
}

bool Requirement::names_archive() const { return kind == AddressKind::path && is_archive(address); }

std::string Requirement::text(const std::string& other) const {
    std::string out = name + extras;
    if (kind != AddressKind::none) {
        std::string own = kind == AddressKind::git ? "git+" + address + (rev.empty() ? "" : "@" + rev) : address;
        out += (out.empty() ? "" : " @ ") + (other.empty() ? own : other);
        return marker.empty() ? out : out + " ; " + marker;
    }
    return out + versions + (marker.empty() ? "" : " ; " + marker);
}

bool is_project_name(std::string_view text) {
    return !text.empty() && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
           std::all_of(text.begin(), text.end(), is_name_char);
}

std::string without_user(std::string_view text) {
    std::string out(text);
    for (std::size_t at = 0; (at = out.find("://", at)) != std::string::npos; at += 3) {
        const std::size_t end = std::min(out.find_first_of("/ \t\n`'\")", at + 3), out.size());
        const std::size_t user = out.rfind('@', end);
        if (user != std::string::npos && user > at && user < end) out.erase(at + 3, user - at - 2);
    }
    return out;
}

}  // namespace tmplbuild
