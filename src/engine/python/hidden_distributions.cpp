// SPDX-License-Identifier: Apache-2.0
#include "engine/python/hidden_distributions.hpp"

#include <algorithm>
#include <set>

#include "base/grammar.hpp"
#include "engine/python/record.hpp"
#include "sys/beneath.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t largest_record = 64ULL << 20;  // bytes

// "Typing_Extensions-4.1.dist-info" → "typing-extensions".
std::string name_of(const std::string& dist_info) {
    return normalized_project(dist_info.substr(0, dist_info.find('-')));
}

struct Installed {
    std::string folder;  // its .dist-info, relative to the root
    std::vector<std::string> files;
};

// Paths are relative to the root. Rows of RECORD that lead out of it are ignored.
Result<Installed> read_installed(const sys::Beneath& root, const std::string& site_packages,
                                 const std::string& dist_info) {
    Installed out{site_packages + "/" + dist_info, {}};
    auto text = root.read_file(out.folder + "/RECORD", largest_record);
    if (!text) return text.error();
    auto rows = parse_record(*text);
    if (!rows) return rows.error();
    for (const RecordRow& row : *rows) {
        const std::string path = (fs::path(site_packages) / row.path).lexically_normal().string();
        if (!path.starts_with("..") && !path.starts_with('/')) out.files.push_back(path);
    }
    return out;
}

Result<void> remove_file(const sys::Beneath& root, const std::string& path) {
    auto parent = root.real_path(fs::path(path).parent_path().string());
    if (!parent) return parent.error();
    if (!*parent) return {};
    std::error_code failed;
    const fs::path file = root.folder() / **parent / fs::path(path).filename();
    fs::remove(file, failed);
    if (failed) return os_error("hide", file, failed.value());
    return {};
}

}  // namespace

Result<void> hide_distributions(const fs::path& root, const std::string& site_packages,
                                const std::vector<std::string>& names) {
    if (names.empty()) return {};
    auto beneath = sys::Beneath::open(root, sys::Outside::is_root);
    if (!beneath) return beneath.error();
    auto entries = beneath->list(site_packages);
    if (!entries) return entries.error();
    std::set<std::string> kept;
    std::vector<Installed> hidden;
    for (const std::string& entry : *entries) {
        if (!entry.ends_with(".dist-info")) continue;
        auto installed = read_installed(*beneath, site_packages, entry);
        if (!installed) return installed.error();
        if (std::find(names.begin(), names.end(), name_of(entry)) != names.end())
            hidden.push_back(std::move(*installed));
        else
            kept.insert(installed->files.begin(), installed->files.end());
    }
    for (const Installed& one : hidden) {
        for (const std::string& file : one.files)
            if (!kept.contains(file))
                if (auto removed = remove_file(*beneath, file); !removed) return removed;
        // Files of it that remain (a venv's RECORD need not list itself) would still make Python find the distribution.
        std::error_code failed;
        if (auto real = beneath->real_path(one.folder); real && *real) fs::remove_all(root / **real, failed);
        if (failed) return os_error("hide", one.folder, failed.value());
    }
    return {};
}

}  // namespace tmplbuild
