// SPDX-License-Identifier: Apache-2.0
#include "build/steps/steps.hpp"
#include "io/file.hpp"
#include "pack/entry_set.hpp"

namespace tmplbuild {

Result<StepOutput> build_runtime(const RuntimeSpec& spec, StepContext& context) {
    auto content = io::read_file(spec.launcher);
    if (!content) return content.error();
    if (Sha256::of(*content) != spec.content)
        return build_error("the launcher changed while it was packed", "build again");
    EntrySet set(context.contract.folders);
    if (auto added = set.add({.path = "opt/tmplbuild/launcher", .mode = 0755}, std::move(*content), "launcher"); !added)
        return added.error();
    auto layer = set.write(context.store, {context.compression, "runtime"});
    if (!layer) return layer.error();
    return StepOutput{{*layer}, {}, 0};
}

}  // namespace tmplbuild
