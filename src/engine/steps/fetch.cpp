// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "engine/archive_entries.hpp"
#include "engine/steps/steps.hpp"

namespace tmplbuild {

Result<StepOutput> build_step(const FetchSpec& spec, StepContext& context) {
    const FetchLayer& fetch = spec.layer;
    auto digest = Digest::parse_hex(fetch.sha256);
    if (!digest) return digest.error();
    const std::filesystem::path file = context.store.blob_path(*digest);
    auto dest = parse_image_path(fetch.dest);
    if (!dest) return dest.error();
    EntrySet set(context.contract.folders);
    Result<sys::TempDirectory> work = context.store.new_temp_directory("fetch");
    if (!work) return work.error();
    Result<void> added;
    if (fetch.unpack)
        added = add_archive(set, file, *dest, fetch.strip, work->path());
    else
        added = set.add({.path = *dest, .mode = fetch.mode}, file, fetch.url);
    if (!added) return added.error();
    auto layer = set.write(context.store, {context.compression, context.step});
    if (!layer) return layer.error();
    return StepOutput{{*layer}, {}, 0};
}

}  // namespace tmplbuild
