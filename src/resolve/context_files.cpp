// SPDX-License-Identifier: Apache-2.0
#include "resolve/context_files.hpp"

#include <fnmatch.h>

#include <algorithm>

#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

static constexpr std::uint64_t largest_ignore_file = 1 << 20;  // bytes

bool is_excluded(const std::vector<std::string>& patterns, const std::string& relative) {
    const std::string name = relative.substr(relative.rfind('/') + 1);
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
        const std::string& subject = pattern.find('/') == std::string::npos ? name : relative;
        return ::fnmatch(pattern.c_str(), subject.c_str(), 0) == 0;
    });
}

static std::string path_of(const std::string& above, const std::string& below) {
    return above.empty() ? below : below.empty() ? above : above + "/" + below;
}

Result<ContextFiles> ContextFiles::open(const FileItem& item) {
    auto located = [&](Error error) {
        if (error.kind == ErrorKind::build) error.kind = ErrorKind::usage;
        error.where = item.pos;
        return error;
    };
    const fs::path context = item.context.empty() ? item.source.parent_path() : item.context;
    auto root = sys::Beneath::open(context, sys::Outside::refused);
    if (!root) return located(root.error());
    ContextFiles files(item, std::move(*root));
    files.written_ = item.source.lexically_relative(context).string();
    if (files.written_ == ".") files.written_.clear();
    std::error_code failed;
    const fs::path real_context = fs::weakly_canonical(context, failed);
    for (const fs::path& own : item.own) {
        const std::string below = fs::weakly_canonical(own, failed).lexically_relative(real_context).string();
        if (!below.empty() && below != "." && below != ".." && !below.starts_with("../")) files.own_.push_back(below);
    }
    if (auto read = files.read_ignore_file(); !read) return located(read.error());
    if (auto found = files.find_source(); !found) return located(found.error());
    return files;
}

Result<void> ContextFiles::read_ignore_file() {
    for (const char* name : {".tmplbuildignore", ".dockerignore"}) {
        auto facts = root_.status(name);
        if (!facts) return facts.error();
        if (!*facts) continue;
        auto text = root_.read_file(name, largest_ignore_file);
        if (!text) return text.error();
        auto parsed = IgnoreFile::parse(*text, (root_.folder() / name).string());
        if (!parsed) return parsed.error();
        ignore_ = std::move(*parsed);
        ignore_name_ = name;
        return {};
    }
    return {};
}

Result<void> ContextFiles::find_source() {
    auto real = root_.real_path(written_);
    if (!real) return real.error();
    if (!*real) {
        auto link = root_.link_status(written_);
        const bool dangling = link && *link && S_ISLNK((*link)->st_mode);
        return usage_error(dangling ? "the link " + item_->source.string() + " leads to nothing"
                                    : "there is no file or folder " + item_->source.string(),
                           "a relative name begins at the folder of the file that it is written in");
    }
    real_ = **real;
    auto facts = root_.link_status(real_);
    if (!facts) return facts.error();
    if (!*facts) return usage_error(item_->source.string() + " is gone", "build again");
    facts_ = **facts;
    if (is_own(real_))
        return usage_error(item_->source.string() + " is what this template's own builds write",
                           "an image's own output, its lock and the store are never part of it");
    if (is_ignored("") && !(is_folder() && ignore_.has_exceptions()))
        return usage_error(item_->source.string() + " is left out by " + ignore_name_,
                           "take its pattern out, or bring it back with a line that begins with '!'");
    return {};
}

std::string ContextFiles::place(const std::string& relative) const { return path_of(real_, relative); }

// Both names are tried: the one in the template, and the one to which a link leads.
bool ContextFiles::is_ignored(const std::string& relative) const {
    const std::string written = path_of(written_, relative), real = place(relative);
    const auto ignores = [&](const std::string& path) { return !path.empty() && ignore_.ignores(path); };
    return ignores(written) || (real != written && ignores(real));
}

bool ContextFiles::is_own(const std::string& place) const {
    return std::any_of(own_.begin(), own_.end(), [&](const std::string& own) {
        if (place == own || place.starts_with(own + "/")) return true;
        // Also the temporary file that a killed build left of it (sys::AtomicFile).
        const std::size_t slash = own.rfind('/') + 1;  // npos + 1 is 0
        return place.starts_with(own.substr(0, slash) + "." + own.substr(slash) + ".tmp-");
    });
}

bool ContextFiles::leads_to_own(const std::string& place) const {
    return std::any_of(own_.begin(), own_.end(), [&](const std::string& own) { return own.starts_with(place + "/"); });
}

struct ContextFiles::Walk {
    const Visit& visit;
    // Folders that are only listed when something in them is: ignored ones, and those that the tool made for an output.
    std::vector<std::pair<std::string, struct stat>> waiting{};

    Result<void> take(const std::string& relative, const struct stat& facts) {
        for (const auto& [folder, of_folder] : waiting)
            if (auto visited = visit(folder, of_folder); !visited) return visited;
        waiting.clear();
        return visit(relative, facts);
    }
};

Result<void> ContextFiles::walk_folder(const std::string& relative, Walk& walk) const {
    auto names = root_.list(place(relative));
    if (!names) return names.error();
    for (const std::string& name : *names) {
        const std::string below = path_of(relative, name);
        if (is_excluded(item_->exclude, below) || is_own(place(below))) continue;
        auto facts = root_.link_status(place(below));
        if (!facts) return facts.error();
        if (!*facts) return build_error(shown(below).string() + " vanished while it was read", "build again");
        const bool folder = S_ISDIR((*facts)->st_mode), ignored = is_ignored(below);
        if (ignored && !(folder && ignore_.has_exceptions())) continue;
        if (!folder) {
            if (auto taken = walk.take(below, **facts); !taken) return taken;
            continue;
        }
        const std::size_t before = walk.waiting.size();
        if (ignored || leads_to_own(place(below)))
            walk.waiting.emplace_back(below, **facts);
        else if (auto taken = walk.take(below, **facts); !taken)
            return taken;
        if (auto walked = walk_folder(below, walk); !walked) return walked;
        if (walk.waiting.size() > before) walk.waiting.resize(before);
    }
    return {};
}

Result<void> ContextFiles::walk(const Visit& visit) const {
    if (auto visited = visit("", facts_); !visited) return visited;
    if (!is_folder()) return {};
    Walk walk{visit};
    return walk_folder("", walk);
}

Result<sys::Fd> ContextFiles::open_file(const std::string& relative) const { return root_.open_file(place(relative)); }

Result<std::string> ContextFiles::read_link(const std::string& relative) const {
    return root_.read_link(place(relative));
}

fs::path ContextFiles::shown(const std::string& relative) const {
    return relative.empty() ? item_->source : item_->source / relative;
}

Result<std::optional<std::string>> ContextFiles::read_text(const std::string& relative, std::uint64_t limit) const {
    std::string part;
    for (const auto& name : fs::path(relative)) {
        part = path_of(part, name.string());
        if (is_excluded(item_->exclude, part)) return std::optional<std::string>();
    }
    if (is_ignored(relative) || is_own(place(relative)) || !root_.is_file(place(relative)))
        return std::optional<std::string>();
    auto text = root_.read_file(place(relative), limit);
    if (!text) return text.error();
    return std::optional(std::move(*text));
}

}  // namespace tmplbuild
