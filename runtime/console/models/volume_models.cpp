// SPDX-License-Identifier: Apache-2.0
#include "console/models/volume_models.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "catalogue/links.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace tmplbuild::console {

namespace fs = std::filesystem;
using catalogue::ModelKind;

namespace {

constexpr int deepest_folder = 8;
constexpr std::size_t longest_head = 8 << 20;  // of a file; a longer header is not read

// The kind of one file; none where it cannot be read now.
std::optional<ModelKind> read_kind(const std::string& path) {
    const sys::Fd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    struct stat info {};
    if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
    std::string head(1024, '\0');
    const auto read_to = [&](std::size_t from) {
        while (from < head.size()) {
            const ssize_t got = ::pread(fd.get(), head.data() + from, head.size() - from, static_cast<off_t>(from));
            if (got <= 0) break;
            from += static_cast<std::size_t>(got);
        }
        head.resize(from);
    };
    read_to(0);
    if (const auto size = catalogue::safetensors_header_size(head)) {
        if (*size > longest_head) return ModelKind::unknown;
        const std::size_t known = head.size();
        head.resize(static_cast<std::size_t>(*size) + 8);
        if (head.size() > known) read_to(known);
    }
    return catalogue::kind_of_file(head);
}

class Scan {
  public:
    Scan(const ModelPlaces& places, const FolderView& view, KeptFacts facts, const std::function<void()>& at_work,
         const ScanLimits& limits)
        : places_(places), view_(view), at_work_(at_work), limits_(limits) {
        out_.facts = std::move(facts);
    }
    VolumeModels run();

  private:
    void read_folder(const std::string& kind, const std::string& folder, const std::string& below, int depth);
    void read_strangers();
    void take(const std::string& kind, const std::string& path, const std::string& name, const struct stat& info);
    void judge(const catalogue::ModelFile& file, const FileIdentity& identity);
    std::string first_folder(std::string_view kind) const;

    const ModelPlaces& places_;
    const FolderView& view_;
    const std::function<void()>& at_work_;
    const ScanLimits& limits_;
    VolumeModels out_;
    std::set<std::pair<dev_t, ino_t>> way_;  // the folders in which we are: a link back to one is a circle
    std::set<std::string> seen_;             // of files: two kinds may share a folder
    std::size_t heads_ = 0;
};

std::string Scan::first_folder(std::string_view kind) const {
    const auto found = view_.folders.find(std::string(kind));
    return found == view_.folders.end() || found->second.empty() ? "" : found->second.front();
}

void Scan::judge(const catalogue::ModelFile& file, const FileIdentity& identity) {
    const KeptFacts::Facts* known = out_.facts.find(file.path, identity);
    std::optional<ModelKind> kind = known != nullptr ? known->kind : std::nullopt;
    if (!kind) {
        if (heads_ >= limits_.heads) {
            out_.has_unread = true;
            return;
        }
        ++heads_;
        kind = read_kind(file.path);
        if (!kind) return;
        out_.facts.set_kind(file.path, identity, *kind);
    }
    if (catalogue::belongs_in(*kind, file.kind)) return;
    out_.warnings.push_back({file.path,
                             "this is a " + std::string(catalogue::to_string(*kind)) + ", and lies in '" + file.kind +
                                 "', where ComfyUI looks for other files",
                             first_folder(catalogue::folder_for(*kind))});
}

void Scan::take(const std::string& kind, const std::string& path, const std::string& name, const struct stat& info) {
    if (!seen_.insert(path).second) return;
    const FileIdentity identity = FileIdentity::of(info);
    const KeptFacts::Facts* known = out_.facts.find(path, identity);
    out_.files.push_back(
        {path, kind, name, identity.size, known != nullptr ? known->sha256 : "", known != nullptr ? known->url : ""});
    if (!kind.empty()) judge(out_.files.back(), identity);
}

void Scan::read_folder(const std::string& kind, const std::string& folder, const std::string& below, int depth) {
    struct stat info {};
    if (depth > deepest_folder || ::stat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return;
    const std::pair self(info.st_dev, info.st_ino);
    if (!way_.insert(self).second) return;
    std::error_code failed;
    std::vector<std::string> names;
    for (fs::directory_iterator at(folder, fs::directory_options::skip_permission_denied, failed), end;
         !failed && at != end; at.increment(failed)) {
        const std::string name = at->path().filename().string();
        if (!name.starts_with('.')) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
        at_work_();
        if (out_.files.size() >= limits_.files) {
            out_.is_cut = true;
            break;
        }
        const std::string path = folder + "/" + name;
        if (::stat(path.c_str(), &info) != 0) continue;
        if (S_ISDIR(info.st_mode)) read_folder(kind, path, below + name + "/", depth + 1);
        if (S_ISREG(info.st_mode) && catalogue::is_model_file_name(name)) take(kind, path, below + name, info);
    }
    way_.erase(self);
}

// Folders beside ComfyUI's own: those of custom nodes are kinds of their own, others are slips of the hand.
void Scan::read_strangers() {
    std::error_code failed;
    for (fs::directory_iterator at(places_.models, fs::directory_options::skip_permission_denied, failed), end;
         !failed && at != end; at.increment(failed)) {
        const std::string name = at->path().filename().string();
        struct stat info {};
        if (name.starts_with('.') || ::stat(at->path().c_str(), &info) != 0) continue;
        if (S_ISREG(info.st_mode) && catalogue::is_model_file_name(name)) {
            take("", at->path(), name, info);
            const ModelKind kind = read_kind(at->path()).value_or(ModelKind::unknown);
            out_.warnings.push_back({at->path(), "ComfyUI reads no files that lie in the models folder itself",
                                     first_folder(catalogue::folder_for(kind))});
        }
        if (!S_ISDIR(info.st_mode) || catalogue::folder_kind(name) != nullptr) continue;
        const std::string near = catalogue::near_folder(name);
        const std::size_t before = out_.files.size();
        read_folder(near.empty() ? name : "", at->path(), "", 0);
        if (near.empty()) continue;
        const catalogue::FolderKind* meant = catalogue::folder_kind(near);
        for (std::size_t i = before; i < out_.files.size(); ++i)
            out_.warnings.push_back({out_.files[i].path, "ComfyUI does not read the folder '" + name + "'",
                                     first_folder(meant != nullptr ? meant->name : near)});
    }
}

VolumeModels Scan::run() {
    for (const auto& [kind, folders] : view_.folders)
        for (const std::string& folder : folders) read_folder(kind, folder, "", 0);
    read_strangers();
    return std::move(out_);
}

}  // namespace

VolumeModels scan_models(const ModelPlaces& places, const FolderView& view, KeptFacts facts,
                         const std::function<void()>& at_work, const ScanLimits& limits) {
    return Scan(places, view, std::move(facts), at_work, limits).run();
}

}  // namespace tmplbuild::console
