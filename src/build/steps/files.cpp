// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include "base/text.hpp"
#include "build/steps/steps.hpp"
#include "pack/entry_set.hpp"
#include "resolve/file_digest.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

static Result<void> add_item(EntrySet& set, const FileItem& item) {
    auto dest = parse_image_path(item.dest);
    if (!dest) return dest.error();
    std::string path = *dest;
    const bool into_folder = item.dest.ends_with('/');
    if (item.text) {
        return set.add({.path = path, .mode = item.mode.value_or(0644), .uid = item.uid, .gid = item.gid}, *item.text,
                       "text");
    }
    std::error_code failed;
    if (into_folder && !fs::is_directory(item.source, failed)) {
        const std::string name = item.source.filename();
        path = path.empty() ? name : path + "/" + name;
    }
    EntrySet::TreeOptions options;
    options.uid = item.uid;
    options.gid = item.gid;
    options.file_mode = item.mode;
    options.origin = item.source.filename();
    options.exclude = [&](const std::string& relative) { return is_excluded(item.exclude, relative); };
    return set.add_tree(item.source, path, options);
}

static Result<bool> unchanged(const FilesSpec& spec) {
    auto signature = sign_files(spec.layer);
    if (!signature) return signature.error();
    if (*signature && spec.signature) return **signature == *spec.signature;
    auto digest = digest_files(spec.layer);
    if (!digest) return digest.error();
    return *digest == spec.content;
}

Result<StepOutput> build_files(const FilesSpec& spec, StepContext& context) {
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
    // A file that changed between planning and packing would be kept under the key of what it was.
    auto same = unchanged(spec);
    if (!same) return same.error();
    if (!*same) return build_error("files of " + context.step + " changed while they were packed", "build again");
    return StepOutput{{*layer}, {}, 0};
}

}  // namespace tmplbuild
