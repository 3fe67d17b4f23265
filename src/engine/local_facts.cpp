// SPDX-License-Identifier: Apache-2.0
#include "engine/local_facts.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "catalogue/catalogue.hpp"
#include "engine/kernel/kernel_source.hpp"
#include "engine/program_digest.hpp"
#include "engine/python/venv_requirements.hpp"
#include "oci/image_source.hpp"
#include "resolve/apt.hpp"
#include "resolve/context_files.hpp"
#include "resolve/file_digest.hpp"
#include "sys/file.hpp"
#include "template/layer_traits.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view catalogue_in_image = "opt/tmplbuild/console/models.toml";

void look_at(const DebianBase&, const SourcePos&, LocalFacts&) {}
void look_at(const ImageBase&, const SourcePos&, LocalFacts&) {}
void look_at(const LayoutBase& base, const SourcePos& where, LocalFacts& facts) {
    auto image = oci::ImageSource::open({oci::ImageName::Kind::layout, base.path, base.tag, ""});
    if (image) {
        facts.base_image = image->digest();
        facts.base_layers = image->layers().size();
        return;
    }
    Error error = image.error();
    error.kind = ErrorKind::usage;
    error.where = where;
    // The error's hint is about the command line, except for the list of the image's tags, which helps here too.
    const std::string help =
        "write layout = \"DIR\", a folder in the OCI image layout, or \"DIR:TAG\" where it holds several images";
    error.hint = error.hint.starts_with("it has: ") ? "write layout = \"DIR:TAG\"; " + error.hint : help;
    throw BuildError(std::move(error));
}

// The digest of the template's own catalogue of models, which must be one.
Digest digest_catalogue(const FileItem& item) {
    const auto files = ContextFiles::open(item).value();
    if (files.is_folder()) {
        Error error =
            usage_error("'" + item.source.string() + "' is a folder", "name the catalogue's file: models.toml");
        error.where = item.pos;
        throw BuildError(error);
    }
    const auto opened = files.open_file("").value();
    const auto text = sys::read_open_file(opened.get(), item.source.string(), catalogue::max_catalogue_bytes).value();
    Report report;
    catalogue::read_catalogue(text, item.source.string(), report);
    report.raise_if_any(item.source.string());
    return Sha256::of(text);
}

}  // namespace

LocalFacts find_local_facts(const Template& tmpl, const std::map<std::string, fs::path>& programs, const Store& store) {
    LocalFacts facts;
    for (const Layer& layer : tmpl.layers) {
        const LayerTraits traits = traits_of(layer);
        if (traits.copied.empty()) continue;
        facts.signatures[traits.step] = sign_files(traits.copied).value();
        facts.files[traits.step] = digest_files(traits.copied).value();
    }
    add_requirement_facts(tmpl, store, facts);
    for (const KernelUse& use : tmpl.kernels) {
        for (const fs::path& patch : use.recipe.patches)
            facts.patches[use.name].push_back(Sha256::of(read_recipe_file(use.recipe, patch).value()));
        if (!use.recipe.selftest.empty())
            facts.selftests[use.name] = Sha256::of(read_recipe_file(use.recipe, use.recipe.selftest).value());
        if (use.recipe.source_folder.source.empty()) continue;
        auto digest = digest_files({&use.recipe.source_folder, 1});
        if (!digest)
            throw BuildError(Error(digest.error()).while_doing("reading the source of the kernel '" + use.name + "'"));
        facts.kernels[use.name] = *digest;
    }
    for (const Repository& repository : tmpl.repositories) (void)read_repository_key(repository).value();
    std::visit([&](const auto& base) { look_at(base, tmpl.base_pos, facts); }, tmpl.base);
    for (const auto& [path, file] : programs) {
        const bool own = path == catalogue_in_image && tmpl.console && !tmpl.console_catalogue.source.empty();
        facts.runtime.push_back(
            own ? RuntimeProgram{path, tmpl.console_catalogue.source, digest_catalogue(tmpl.console_catalogue)}
                : RuntimeProgram{path, file, digest_program(file, store).value()});
    }
    return facts;
}

}  // namespace tmplbuild
