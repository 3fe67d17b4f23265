// SPDX-License-Identifier: Apache-2.0
#include "resolve/ignore_file.hpp"

#include <filesystem>

#include "base/text.hpp"

namespace tmplbuild {

namespace {

// The end of the class "[a-z]" that begins at `at`, after its ']'; npos where it has none.
std::size_t class_end(std::string_view pattern, std::size_t at) {
    std::size_t end = at + 1;
    if (end < pattern.size() && pattern[end] == '^') ++end;
    for (bool first = true; end < pattern.size(); ++end, first = false) {
        if (pattern[end] == '\\')
            ++end;
        else if (pattern[end] == ']' && !first)
            return end + 1;
    }
    return std::string_view::npos;
}

bool in_class(std::string_view inside, char c) {
    const bool negated = inside.starts_with('^');
    if (negated) inside.remove_prefix(1);
    const auto take = [&] {
        if (inside.front() == '\\' && inside.size() > 1) inside.remove_prefix(1);
        const char taken = inside.front();
        inside.remove_prefix(1);
        return static_cast<unsigned char>(taken);
    };
    bool found = false;
    while (!inside.empty()) {
        const unsigned char low = take();
        unsigned char high = low;
        if (inside.size() > 1 && inside.front() == '-') {
            inside.remove_prefix(1);
            high = take();
        }
        found = found || (low <= static_cast<unsigned char>(c) && static_cast<unsigned char>(c) <= high);
    }
    return found != negated;
}

// Compares one pattern with one path. Each pair of places is tried once, so the time is bounded by the product of
// lengths.
class Matcher {
  public:
    Matcher(std::string_view pattern, std::string_view path)
        : pattern_(pattern), path_(path), tried_((pattern.size() + 1) * (path.size() + 1)) {}

    bool from(std::size_t p, std::size_t s) {
        const std::size_t cell = p * (path_.size() + 1) + s;
        if (tried_[cell]) return false;
        tried_[cell] = true;
        if (p == pattern_.size()) return s == path_.size();
        if (pattern_.substr(p, 2) == "**") return folders(p + 2, s);
        switch (pattern_[p]) {
            case '*':  // anything but '/'
                for (std::size_t at = s;; ++at) {
                    if (from(p + 1, at)) return true;
                    if (at == path_.size() || path_[at] == '/') return false;
                }
            case '?':
                return s < path_.size() && path_[s] != '/' && from(p + 1, s + 1);
            case '[': {
                const std::size_t end = class_end(pattern_, p);
                return s < path_.size() && path_[s] != '/' && in_class(pattern_.substr(p + 1, end - p - 2), path_[s]) &&
                       from(end, s + 1);
            }
            case '\\':
                return s < path_.size() && p + 1 < pattern_.size() && path_[s] == pattern_[p + 1] && from(p + 2, s + 1);
            default:
                return s < path_.size() && path_[s] == pattern_[p] && from(p + 1, s + 1);
        }
    }

  private:
    // "**": any number of whole folders, or none; at the end of a pattern, everything below.
    bool folders(std::size_t p, std::size_t s) {
        if (p == pattern_.size()) return true;
        if (pattern_[p] == '/') ++p;
        if (from(p, s)) return true;
        for (std::size_t at = s; (at = path_.find('/', at)) != std::string_view::npos;)
            if (from(p, ++at)) return true;
        return false;
    }

    std::string_view pattern_, path_;
    std::vector<bool> tried_;
};

bool matches(std::string_view pattern, std::string_view path) { return Matcher(pattern, path).from(0, 0); }

// The path in the form of Go's filepath.Clean, without a '/' at either end.
std::string cleaned(std::string_view text) {
    std::string out = std::filesystem::path(text).lexically_normal().string();
    while (out.ends_with('/')) out.pop_back();
    return out.substr(std::min(out.size(), out.find_first_not_of('/')));
}

const char* fault_of(std::string_view pattern) {
    for (std::size_t at = 0; at < pattern.size(); ++at) {
        if (pattern[at] == '\\') {
            if (++at == pattern.size()) return "it ends with '\\'";
            continue;
        }
        if (pattern[at] != '[') continue;
        const std::size_t end = class_end(pattern, at);
        if (end == std::string_view::npos) return "its '[' has no ']'";
        at = end - 1;
    }
    return nullptr;
}

}  // namespace

Result<IgnoreFile> IgnoreFile::parse(std::string_view text, const std::string& name) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
    IgnoreFile out;
    unsigned number = 0;
    for (const std::string& line : split(text, '\n')) {
        ++number;
        std::string_view said = line;
        if (said.starts_with('#')) continue;
        said = trim(said);
        Pattern pattern;
        if (said.starts_with('!')) {
            pattern.exception = true;
            said = trim(said.substr(1));
        }
        pattern.text = cleaned(said);
        const char* fault =
            said.empty() && pattern.exception ? "nothing stands behind its '!'" : fault_of(pattern.text);
        if (fault != nullptr) {
            Error error = usage_error("the pattern '" + line + "' cannot be read: " + fault);
            error.where = SourcePos{name, number, 1};
            return error;
        }
        if (pattern.text.empty() || pattern.text == ".") continue;
        out.exceptions_ = out.exceptions_ || pattern.exception;
        out.patterns_.push_back(std::move(pattern));
    }
    return out;
}

bool IgnoreFile::ignores(std::string_view path) const {
    bool ignored = false;
    for (const Pattern& pattern : patterns_) {
        if (pattern.exception != ignored) continue;  // the pattern could change nothing
        bool matched = matches(pattern.text, path);
        for (std::size_t at = 0; !matched && (at = path.find('/', at)) != std::string_view::npos; ++at)
            matched = matches(pattern.text, path.substr(0, at));
        if (matched) ignored = !pattern.exception;
    }
    return ignored;
}

}  // namespace tmplbuild
