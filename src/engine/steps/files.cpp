// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "engine/steps/steps.hpp"
#include "pack/entry_set.hpp"
#include "resolve/context_files.hpp"
#include "resolve/file_digest.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

// Reads a file when the layer is written, beneath the template's folder as it was when it was opened.
static EntrySet::Producer content_of(const std::shared_ptr<const ContextFiles>& files, const std::string& relative,
                                     std::uint64_t size) {
    return [files, relative, size](const EntrySet::Sink& sink) -> Result<void> {
        auto fd = files->open_file(relative);
        if (!fd) return fd.error();
        ::posix_fadvise(fd->get(), 0, 0, POSIX_FADV_SEQUENTIAL);
        std::vector<std::byte> buffer(std::min<std::uint64_t>(size + 1, 1 << 20));
        for (std::uint64_t left = size;;) {
            auto got = sys::read_full(fd->get(), buffer, files->shown(relative));
            if (!got) return got.error();
            const bool ended = *got < buffer.size();
            if (*got > left || (ended && *got != left))
                return build_error("'" + files->shown(relative).string() + "' changed while it was packed",
                                   "build again");
            if (auto sent = sink(std::span<const std::byte>(buffer).first(*got)); !sent) return sent;
            left -= *got;
            if (ended) return {};
        }
    };
}

static Result<void> add_found(EntrySet& set, const FileItem& item, const std::string& dest,
                              const std::shared_ptr<const ContextFiles>& files, const std::string& relative,
                              const struct stat& facts) {
    Entry entry{.path = relative.empty() ? dest : dest.empty() ? relative : dest + "/" + relative};
    entry.uid = item.uid;
    entry.gid = item.gid;
    const std::string origin = item.source.filename();
    if (S_ISDIR(facts.st_mode)) {
        if (entry.path.empty()) return {};  // the image's own root
        entry.type = EntryType::directory;
        entry.mode = 0755;
        return set.add(std::move(entry), {}, origin);
    }
    if (S_ISLNK(facts.st_mode)) {
        auto target = files->read_link(relative);
        if (!target) return target.error();
        if (link_leaves(relative, *target))
            return build_error("the link '" + files->shown(relative).string() +
                                   "' leads out of the copied folder, to '" + *target + "'",
                               "copy what it points to, or leave it out with `exclude`");
        entry.type = EntryType::symlink;
        entry.link = std::move(*target);
        return set.add(std::move(entry), {}, origin);
    }
    if (!S_ISREG(facts.st_mode))
        return build_error("'" + files->shown(relative).string() + "' is neither a file, a folder nor a link",
                           "leave it out with `exclude`");
    entry.mode = item.mode.value_or((facts.st_mode & 0111) != 0 ? 0755 : 0644);
    entry.size = static_cast<std::uint64_t>(facts.st_size);
    const std::uint64_t size = entry.size;
    return set.add(std::move(entry), content_of(files, relative, size), origin);
}

static Result<void> add_item(EntrySet& set, const FileItem& item) {
    auto dest = parse_image_path(item.dest);
    if (!dest) return dest.error();
    std::string path = *dest;
    if (item.text) {
        return set.add({.path = path, .mode = item.mode.value_or(0644), .uid = item.uid, .gid = item.gid}, *item.text,
                       "text");
    }
    auto opened = ContextFiles::open(item);
    if (!opened) return opened.error();
    const auto files = std::make_shared<const ContextFiles>(std::move(*opened));
    if (item.dest.ends_with('/') && !files->is_folder()) {
        const std::string name = item.source.filename();
        path = path.empty() ? name : path + "/" + name;
    }
    return files->walk([&](const std::string& relative, const struct stat& facts) {
        return add_found(set, item, path, files, relative, facts);
    });
}

static Result<bool> unchanged(const FilesSpec& spec) {
    auto signature = sign_files(spec.layer.items);
    if (!signature) return signature.error();
    if (*signature && spec.signature) return **signature == *spec.signature;
    auto digest = digest_files(spec.layer.items);
    if (!digest) return digest.error();
    return *digest == spec.content;
}

Result<StepOutput> build_step(const FilesSpec& spec, StepContext& context) {
    EntrySet set(context.contract.folders);
    for (const FileItem& item : spec.layer.items) {
        if (auto added = add_item(set, item); !added) {
            Error error = added.error();
            error.where = item.pos;
            return error;
        }
    }
    auto layer = set.write(context.store, {context.compression, context.step});
    if (!layer) return layer.error();
    // A file that changed between planning and packing would be stored under the key of its old content.
    auto same = unchanged(spec);
    if (!same) return same.error();
    if (!*same) return build_error("files of " + context.step + " changed while they were packed", "build again");
    return StepOutput{{*layer}, {}, 0};
}

}  // namespace tmplbuild
