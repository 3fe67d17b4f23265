// SPDX-License-Identifier: Apache-2.0
#include "verify/distribution_check.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <tuple>

#include "base/grammar.hpp"
#include "base/text.hpp"

namespace tmplbuild {

namespace {

// PEP 440, "Summary of permitted suffixes and relative ordering": dev < a < b < rc < final < post.
struct PythonVersion {
    long long epoch = 0;
    std::vector<long long> release;
    int phase = 4;  // 0 only dev, 1 a, 2 b, 3 rc, 4 final
    long long phase_number = 0;
    long long post = -1;
    long long dev = std::numeric_limits<long long>::max();
    std::string local;
};

class VersionText {
  public:
    explicit VersionText(std::string text) : text_(std::move(text)) {}

    std::optional<PythonVersion> parse() {
        PythonVersion out;
        const std::size_t plus = text_.find('+');
        if (plus != std::string::npos) out.local = text_.substr(plus + 1);
        text_ = text_.substr(0, plus);
        if (text_.starts_with('v')) text_.erase(0, 1);
        auto first = number();
        if (first && take("!")) {
            out.epoch = *first;
            first = number();
        }
        if (!first) return std::nullopt;
        out.release.push_back(*first);
        while (at_ + 1 < text_.size() && text_[at_] == '.' && text_[at_ + 1] >= '0' && text_[at_ + 1] <= '9') {
            ++at_;
            out.release.push_back(*number());
        }
        suffixes(out);
        while (out.release.size() > 1 && out.release.back() == 0) out.release.pop_back();
        return at_ == text_.size() ? std::optional(out) : std::nullopt;
    }

  private:
    bool take(std::string_view word) {
        const bool there = text_.compare(at_, word.size(), word) == 0;
        if (there) at_ += word.size();
        return there;
    }
    std::optional<long long> number() {
        long long value = 0;
        const char* begin = text_.data() + at_;
        const auto [end, failed] = std::from_chars(begin, text_.data() + text_.size(), value);
        if (failed != std::errc() || *begin == '-') return std::nullopt;
        at_ += static_cast<std::size_t>(end - begin);
        return value;
    }
    void separator() {
        if (at_ < text_.size() && std::string_view(".-_").find(text_[at_]) != std::string_view::npos) ++at_;
    }
    void suffixes(PythonVersion& out) {
        struct Spelling {
            const char* word;
            int phase;  // 5: post, 6: dev
        };
        constexpr Spelling spellings[] = {{"alpha", 1}, {"beta", 2}, {"preview", 3}, {"pre", 3},
                                          {"post", 5},  {"rev", 5},  {"dev", 6},     {"rc", 3},
                                          {"a", 1},     {"b", 2},    {"c", 3},       {"r", 5}};
        for (bool more = true; more && at_ < text_.size();) {
            const std::size_t before = at_;
            separator();
            more = false;
            for (const Spelling& spelling : spellings) {
                if (!take(spelling.word)) continue;
                separator();
                const long long value = number().value_or(0);
                if (spelling.phase <= 3) {
                    out.phase = spelling.phase;
                    out.phase_number = value;
                } else {
                    (spelling.phase == 5 ? out.post : out.dev) = value;
                }
                more = true;
                break;
            }
            if (!more) at_ = before;
        }
        // 1.0.dev1 is older than 1.0a1.
        if (out.phase == 4 && out.post == -1 && out.dev != std::numeric_limits<long long>::max()) out.phase = 0;
    }

    std::string text_;
    std::size_t at_ = 0;
};

std::optional<PythonVersion> parse_version(std::string_view text) { return VersionText(to_lower(trim(text))).parse(); }

int compare(const PythonVersion& a, const PythonVersion& b) {
    const auto key = [](const PythonVersion& v) {
        return std::tuple(v.epoch, v.release, v.phase, v.phase_number, v.post, v.dev);
    };
    return key(a) < key(b) ? -1 : key(b) < key(a) ? 1 : 0;
}

bool same_start(const PythonVersion& version, const PythonVersion& start, std::size_t parts) {
    for (std::size_t i = 0; i < parts; ++i) {
        const long long a = i < version.release.size() ? version.release[i] : 0;
        const long long b = i < start.release.size() ? start.release[i] : 0;
        if (a != b) return false;
    }
    return version.epoch == start.epoch;
}

std::optional<bool> one_fits(const PythonVersion& version, std::string_view specifier) {
    specifier = trim(specifier);
    const std::size_t end = std::min(specifier.find_first_not_of("=<>!~"), specifier.size());
    const std::string_view op = specifier.substr(0, end);
    std::string_view text = trim(specifier.substr(end));
    const bool wild = text.ends_with(".*");
    if (wild) text.remove_suffix(2);
    const auto wanted = parse_version(text);
    if (!wanted || (wild && op != "==" && op != "!=")) return std::nullopt;
    const std::size_t parts = split(text, '.').size();
    const int order = compare(version, *wanted);
    const bool equal = wild ? same_start(version, *wanted, parts)
                            : order == 0 && (wanted->local.empty() || wanted->local == version.local);
    if (op == "==" || op == "===") return equal;
    if (op == "!=") return !equal;
    if (op == ">=") return order >= 0;
    if (op == "<=") return order <= 0;
    if (op == ">") return order > 0;
    if (op == "<") return order < 0;
    if (op == "~=" && parts >= 2) return order >= 0 && same_start(version, *wanted, parts - 1);
    return std::nullopt;
}

struct Requirement {
    std::string name, specifiers, marker;
};

// Reads "torch (>=2.4)", "torch>=2.4,<3 ; python_version >= '3.9'", "numpy[extra] ==1.0".
Requirement parse_requirement(std::string_view text) {
    Requirement out;
    const std::size_t marker = text.find(';');
    if (marker != std::string_view::npos) out.marker = trim(text.substr(marker + 1));
    text = trim(text.substr(0, marker));
    const std::size_t name_end = std::min(text.find_first_of(" [(<>=!~@"), text.size());
    out.name = normalized_project(text.substr(0, name_end));
    text.remove_prefix(name_end);
    if (const std::size_t extras = text.find(']'); text.starts_with('[') && extras != std::string_view::npos)
        text.remove_prefix(extras + 1);
    for (const char c : text)
        if (c != '(' && c != ')' && c != ' ') out.specifiers += c;
    return out;
}

}  // namespace

std::optional<bool> version_fits(std::string_view version, std::string_view specifiers) {
    const auto parsed = parse_version(version);
    if (!parsed) return std::nullopt;
    bool all = true;
    for (const std::string& specifier : split(specifiers, ',')) {
        if (trim(specifier).empty()) continue;
        const auto fits = one_fits(*parsed, specifier);
        if (!fits) return std::nullopt;
        all = all && *fits;
    }
    return all;
}

std::vector<Finding> check_distributions(const RootView& view, const std::string& folder, const PythonView* python) {
    std::vector<Finding> out;
    for (const std::string& name : view.names_in(folder)) {
        if (!name.ends_with(".dist-info") && !name.ends_with(".egg-info")) continue;
        const auto text = view.text(folder + "/" + name + (name.ends_with(".dist-info") ? "/METADATA" : "/PKG-INFO"));
        if (!text) continue;
        const InstalledDistribution own = parse_metadata(*text);
        for (const std::string& line : own.requirements) {
            const Requirement wanted = parse_requirement(line);
            if (wanted.marker.find("extra") != std::string::npos) continue;
            const InstalledDistribution* has = python == nullptr ? nullptr : python->find(wanted.name);
            if (has == nullptr && !wanted.marker.empty()) continue;
            const std::string place = python == nullptr || python->root.empty() ? "the image's Python" : python->root;
            if (has == nullptr) {
                out.push_back({Finding::Weight::wrong, own.name, "requires " + line + ", and " + place + " has none",
                               "add it to the requirements of the `python` layer"});
                continue;
            }
            const auto fits = wanted.specifiers.starts_with('@') ? std::optional(true)
                                                                 : version_fits(has->version, wanted.specifiers);
            if (!fits)
                out.push_back(
                    {Finding::Weight::unknown, own.name, "requires " + line + ", which cannot be compared", ""});
            else if (!*fits)
                out.push_back({Finding::Weight::wrong, own.name,
                               "requires " + line + ", and " + place + " has " + has->name + " " + has->version,
                               "compile the variant against that version, or change the `python` layer"});
        }
    }
    return out;
}

}  // namespace tmplbuild
