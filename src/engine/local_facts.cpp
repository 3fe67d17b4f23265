// SPDX-License-Identifier: Apache-2.0
#include "engine/local_facts.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "engine/kernel/kernel_source.hpp"
#include "engine/program_digest.hpp"
#include "engine/python/venv_requirements.hpp"
#include "oci/image_source.hpp"
#include "resolve/apt.hpp"
#include "resolve/file_digest.hpp"
#include "resolve/git.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

void look_at_layout(const LayoutBase& base, const SourcePos& where, LocalFacts& facts) {
    auto image = oci::ImageSource::open({oci::ImageName::Kind::layout, base.path, base.tag, ""});
    if (image) {
        facts.base_image = image->digest();
        facts.base_layers = image->layers().size();
        return;
    }
    Error error = image.error();
    error.kind = ErrorKind::usage;
    error.where = where;
    // The image's own hints speak of the command line; what it has under which tags helps here too.
    const std::string help =
        "write layout = \"DIR\", a folder in the OCI image layout, or \"DIR:TAG\" where it holds several images";
    error.hint = error.hint.starts_with("it has: ") ? "write layout = \"DIR:TAG\"; " + error.hint : help;
    throw BuildError(std::move(error));
}

}  // namespace

LocalFacts find_local_facts(const Template& tmpl, const std::map<std::string, fs::path>& programs, const Store& store) {
    LocalFacts facts;
    for (const Layer& layer : tmpl.layers) {
        if (const auto* files = std::get_if<FilesLayer>(&layer.body)) {
            facts.signatures["files:" + layer.name] = sign_files(*files).value();
            facts.files["files:" + layer.name] = digest_files(*files).value();
        }
    }
    add_requirement_facts(tmpl, store, facts);
    for (const KernelUse& use : tmpl.kernels) {
        for (const fs::path& patch : use.recipe.patches)
            facts.patches[use.name].push_back(Sha256::of(read_recipe_file(use.recipe, patch).value()));
        if (!use.recipe.selftest.empty())
            facts.selftests[use.name] = Sha256::of(read_recipe_file(use.recipe, use.recipe.selftest).value());
        if (use.recipe.source_folder.source.empty()) continue;
        FilesLayer source;
        source.items.push_back(use.recipe.source_folder);
        auto digest = digest_files(source);
        if (!digest)
            throw BuildError(Error(digest.error()).while_doing("reading the source of the kernel '" + use.name + "'"));
        facts.kernels[use.name] = *digest;
    }
    for (const Repository& repository : tmpl.repositories) (void)read_repository_key(repository).value();
    if (const auto* layout = std::get_if<LayoutBase>(&tmpl.base)) look_at_layout(*layout, tmpl.base_pos, facts);
    for (const auto& [path, file] : programs)
        facts.runtime.push_back({path, file, digest_program(file, store).value()});
    return facts;
}

}  // namespace tmplbuild
