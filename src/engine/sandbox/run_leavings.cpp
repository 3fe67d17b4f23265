// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/run_leavings.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"
#include "pack/scrub.hpp"
#include "pack/whiteout.hpp"
#include "sys/beneath.hpp"
#include "template/fields.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

bool starts_with_any(const std::string& path, std::initializer_list<const char*> places) {
    return std::any_of(places.begin(), places.end(), [&](const char* place) { return path.starts_with(place); });
}

// The bytes of the files at and below a path; none where there are only folders, or an overlay's mark of a deletion.
std::optional<std::uint64_t> size_of_files(const fs::path& at) {
    std::error_code failed;
    const fs::file_status status = fs::symlink_status(at, failed);
    if (fs::is_regular_file(status)) return fs::file_size(at, failed);
    if (fs::is_symlink(status)) return 0;
    if (!fs::is_directory(status)) return std::nullopt;
    std::optional<std::uint64_t> out;
    for (const auto& entry : fs::directory_iterator(at, failed))
        if (const auto size = size_of_files(entry.path())) out = out.value_or(0) + *size;
    return out;
}

// The first thing at or below a path that is neither a folder nor the overlay's mark of a deletion.
std::optional<fs::path> first_file(const fs::path& at) {
    struct stat facts {};
    if (::lstat(at.c_str(), &facts) != 0 || is_overlay_whiteout(facts)) return std::nullopt;
    if (!S_ISDIR(facts.st_mode)) return at;
    std::error_code failed;
    std::vector<fs::path> names;
    for (const auto& entry : fs::directory_iterator(at, failed)) names.push_back(entry.path());
    std::sort(names.begin(), names.end());
    for (const fs::path& name : names)
        if (auto found = first_file(name)) return found;
    return std::nullopt;
}

}  // namespace

Leaving leaving_of(const std::string& path) {
    if (is_engines_own(path)) return Leaving::told;
    // A user's own caches were put there on purpose (a model in the hub's cache); those of package tools only take
    // space.
    if (path.starts_with("root/.cache/"))
        return starts_with_any(path + "/", {"root/.cache/pip/", "root/.cache/uv/"}) ? Leaving::scrubbed : Leaving::kept;
    return is_scrubbed(path) ? Leaving::scrubbed : Leaving::kept;
}

bool LeftOut::skip(const std::string& path) {
    const Leaving leaving = leaving_of(path);
    if (leaving == Leaving::told)
        if (const auto size = size_of_files(upper_ / path)) add(path, *size);
    return leaving != Leaving::kept;
}

void LeftOut::add(const std::string& path, std::uint64_t bytes) { entries_.push_back({"/" + path, bytes}); }

std::string LeftOut::to_string() const {
    if (entries_.empty()) return {};
    constexpr std::size_t named = 5;
    std::vector<Entry> sorted = entries_;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Entry& a, const Entry& b) { return a.bytes > b.bytes; });
    std::vector<std::string> words;
    std::uint64_t rest = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        if (i < named)
            words.push_back(sorted[i].path + " (" + human_bytes(sorted[i].bytes) + ")");
        else
            rest += sorted[i].bytes;
    }
    if (sorted.size() > named)
        words.push_back(std::to_string(sorted.size() - named) + " more (" + human_bytes(rest) + ")");
    return "left out of the image, whose /tmp, /var/tmp and /run are empty and whose /etc/resolv.conf, /etc/hostname "
           "and /etc/hosts are the engine's: " +
           join(words, ", ");
}

Result<void> refuse_reserved_places(const fs::path& root, const fs::path& upper) {
    auto merged = sys::Beneath::open(root, sys::Outside::is_root);
    if (!merged) return merged.error();
    for (const char* place : {"/workspace", "/opt/tmplbuild"}) {
        // The place's real path in the image, since the command may have moved /opt and left a link.
        const auto real = merged->real_path(place);
        if (!real) return real.error();
        const char* reason = reserved_reason(place);
        const auto found = *real ? first_file(upper / **real) : std::nullopt;
        if (reason == nullptr || !found) continue;
        return build_error("the command wrote /" + found->lexically_relative(upper).string() +
                               ": nothing of a template goes into " + place,
                           reason);
    }
    return {};
}

}  // namespace tmplbuild
