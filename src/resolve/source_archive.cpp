// SPDX-License-Identifier: Apache-2.0
#include "resolve/source_archive.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "io/tar_writer.hpp"
#include "pack/entry_set.hpp"
#include "resolve/context_files.hpp"
#include "resolve/file_digest.hpp"
#include "resolve/git.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

// What a checkout or a run of Python leaves beside the sources; no build of a wheel reads it.
const std::vector<std::string> left_beside = {".git", "__pycache__", "*.pyc", "*.egg-info"};

FileItem item_of(const ContextFile& local) {
    const fs::path source = local.path == "." ? local.folder : local.folder / local.path;
    return {.source = source, .exclude = left_beside, .context = local.folder, .own = local.own};
}

// The tar's file, which is hashed when the store adopts it.
class ArchiveFile {
  public:
    static Result<ArchiveFile> make(const Store& store) {
        auto path = store.new_temp_file();
        if (!path) return path.error();
        auto to = sys::open_fd(*path, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (!to) return to.error();
        return ArchiveFile(store, std::move(*path), std::move(*to));
    }
    ArchiveFile(ArchiveFile&& other) noexcept
        : store_(other.store_), path_(std::move(other.path_)), to_(std::move(other.to_)), size_(other.size_) {
        other.path_.clear();
    }
    ~ArchiveFile() {
        if (!path_.empty()) ::unlink(path_.c_str());
    }

    Result<void> write(std::span<const std::byte> data) {
        size_ += data.size();
        return sys::write_all(to_.get(), data, path_);
    }
    Result<SourceArchive> keep() {
        to_.reset();
        auto digest = store_.adopt_blob(path_, std::nullopt);
        if (!digest) return digest.error();
        path_.clear();
        return SourceArchive{*digest, size_};
    }

  private:
    ArchiveFile(const Store& store, fs::path path, sys::Fd to)
        : store_(store), path_(std::move(path)), to_(std::move(to)) {}
    const Store& store_;
    fs::path path_;
    sys::Fd to_;
    std::uint64_t size_ = 0;
};

Result<void> add_content(io::TarWriter& tar, const io::TarHeader& header, const sys::Fd& from, const fs::path& shown) {
    if (auto begun = tar.header(header); !begun) return begun;
    std::vector<std::byte> buffer(256 << 10);
    std::uint64_t left = header.size;
    for (;;) {
        auto got = sys::read_full(from.get(), buffer, shown);
        if (!got) return got.error();
        if (*got > left || (*got < buffer.size() && *got != left))
            return build_error("'" + shown.string() + "' changed while it was read", "build again");
        left -= *got;
        if (auto put = tar.data(std::span<const std::byte>(buffer).first(*got)); !put) return put;
        if (*got < buffer.size()) return {};
    }
}

Result<void> add_found(io::TarWriter& tar, const ContextFiles& files, const std::string& relative,
                       const struct stat& facts) {
    io::TarHeader header{.path = source_archive_top, .mtime = default_mtime};
    if (!relative.empty()) header.path += "/" + relative;
    if (S_ISDIR(facts.st_mode)) {
        header.type = io::TarHeader::Type::directory;
        header.mode = 0755;
        return tar.header(header);
    }
    if (S_ISLNK(facts.st_mode)) {
        auto target = files.read_link(relative);
        if (!target) return target.error();
        if (link_leaves(relative, *target))
            return usage_error("the link '" + files.shown(relative).filename().string() +
                                   "' leads out of the sources, to '" + *target + "'",
                               "sources are built alone: a link in them may lead to what lies in them");
        header.type = io::TarHeader::Type::symlink;
        header.link = std::move(*target);
        header.mode = 0777;
        return tar.header(header);
    }
    if (!S_ISREG(facts.st_mode))
        return usage_error("'" + files.shown(relative).string() + "' is neither a file, a folder nor a link");
    auto from = files.open_file(relative);
    if (!from) return from.error();
    header.mode = (facts.st_mode & 0111) != 0 ? 0755 : 0644;
    header.size = static_cast<std::uint64_t>(facts.st_size);
    return add_content(tar, header, *from, files.shown(relative));
}

Result<SourceArchive> archive_folder(const FileItem& item, const SourceTree& tree, const Store& store) {
    auto files = ContextFiles::open(item);
    if (!files) return files.error();
    if (!files->is_folder())
        return usage_error("'" + tree.folder +
                           "' is neither a folder of sources nor a file that ends with .whl, "
                           ".tar.gz or .zip");
    bool found = tree.subdirectory.empty();
    auto to = ArchiveFile::make(store);
    if (!to) return to.error();
    io::TarWriter tar([&to](std::span<const std::byte> data) { return to->write(data); });
    auto walked = files->walk([&](const std::string& relative, const struct stat& facts) {
        found = found || (relative == tree.subdirectory && S_ISDIR(facts.st_mode));
        return add_found(tar, *files, relative, facts);
    });
    if (!walked) return walked.error();
    if (!found)
        return usage_error(tree.shown() + " is not there: the sources have no folder '" + tree.subdirectory + "'");
    if (auto ended = tar.finish(); !ended) return ended.error();
    return to->keep();
}

}  // namespace

// A requirement has no key `lfs`; one by a folder of a `git` layer's commit follows that layer's setting.
static constexpr const char* requirement_lfs_hint =
    "sources are built without what Git LFS keeps: require a wheel or an sdist of it, by its name or its address";

Result<SourceArchive> archive_source(const SourceTree& tree, const ContextFile& local, ResolveContext& context) {
    if (!tree.is_commit()) return archive_folder(item_of(local), tree, context.store);
    const GitRequest commit{tree.url, tree.commit, tree.submodules, tree.lfs_pointers};
    if (auto fetched = fetch_git(commit, context, requirement_lfs_hint); !fetched) return fetched.error();
    auto folder = context.store.new_temp_directory("source");
    if (!folder) return folder.error();
    const fs::path place = folder->path() / source_archive_top;
    if (auto made = sys::make_directories(place); !made) return made.error();
    if (auto out = checkout_git(commit, place, context); !out) return out.error();
    return archive_folder({.source = place}, tree, context.store);
}

Result<Digest> digest_source_folder(const ContextFile& local) {
    const FileItem folder = item_of(local);
    return digest_files({&folder, 1});
}

}  // namespace tmplbuild
