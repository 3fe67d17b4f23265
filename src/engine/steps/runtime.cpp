// SPDX-License-Identifier: Apache-2.0
#include "engine/steps/steps.hpp"
#include "pack/entry_set.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

Result<StepOutput> build_step(const RuntimeSpec& spec, StepContext& context) {
    EntrySet set(context.contract.folders);
    for (const RuntimeProgram& program : spec.programs) {
        auto content = sys::read_file(program.file);
        if (!content) return content.error();
        if (Sha256::of(*content) != program.content)
            return build_error("'" + program.file.string() + "' changed while it was packed", "build again");
        const unsigned mode = program.path.ends_with(".toml") ? 0644 : 0755;  // the catalogue is no program
        if (auto added = set.add({.path = program.path, .mode = mode}, std::move(*content), "runtime"); !added)
            return added.error();
    }
    // The link puts the program on every shell's PATH.
    const Entry link{
        .path = "usr/local/bin/tmpl-ctl", .type = EntryType::symlink, .mode = 0777, .link = "/opt/tmplbuild/tmpl-ctl"};
    if (auto added = set.add(link, {}, "runtime"); !added) return added.error();
    auto layer = set.write(context.store, {context.compression, "runtime"});
    if (!layer) return layer.error();
    return StepOutput{{*layer}, {}, 0};
}

}  // namespace tmplbuild
