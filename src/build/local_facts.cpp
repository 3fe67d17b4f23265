// SPDX-License-Identifier: Apache-2.0
#include "build/local_facts.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "build/kernel_source.hpp"
#include "build/program_digest.hpp"
#include "oci/image_source.hpp"
#include "resolve/apt.hpp"
#include "resolve/context_files.hpp"
#include "resolve/file_digest.hpp"
#include "resolve/git.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

const Layer& layer_named(const Template& tmpl, const std::string& name) {
    auto found = std::find_if(tmpl.layers.begin(), tmpl.layers.end(), [&](const Layer& l) { return l.name == name; });
    return *found;  // check_template() made sure that it is there
}

[[noreturn]] void no_such_file(const Layer& layer, const std::string& path) {
    Error error = usage_error("the layer '" + layer.name + "' has no file '" + path + "'",
                              "'requirements_from' names a path inside the layer, below its 'dest'");
    error.where = layer.pos;
    throw BuildError(std::move(error));
}

// The file that a `files` layer would put at `path` below its destination.
std::string text_in_files(const Layer& layer, const FilesLayer& files, const std::string& path) {
    for (const FileItem& item : files.items) {
        if (item.text && (item.dest == path || item.dest.ends_with("/" + path))) return *item.text;
        if (item.text) continue;
        const ContextFiles context = ContextFiles::open(item).value();
        if (!context.is_folder() && item.source.filename() != path) continue;
        auto text = context.read_text(context.is_folder() ? path : "", 16 << 20).value();
        if (text) return *text;
    }
    no_such_file(layer, path);
}

std::string identity_of(const Template& tmpl, const std::string& from) {
    const std::string path = from.substr(from.find(':') + 1);
    const Layer& layer = layer_named(tmpl, from.substr(0, from.find(':')));
    // A commit names its files for ever; so does a digest.
    if (const auto* git = std::get_if<GitLayer>(&layer.body)) return git->rev + ":" + path;
    if (const auto* fetch = std::get_if<FetchLayer>(&layer.body)) return fetch->sha256 + ":" + path;
    return Sha256::of(text_in_files(layer, std::get<FilesLayer>(layer.body), path)).to_string();
}

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
        if (const auto* python = std::get_if<PythonLayer>(&layer.body))
            for (const std::string& from : python->requirements_from)
                facts.requirement_files[from] = identity_of(tmpl, from);
    }
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

std::string requirements_text(const Template& tmpl, const std::string& from, ResolveContext& context) {
    const std::string path = from.substr(from.find(':') + 1);
    const Layer& layer = layer_named(tmpl, from.substr(0, from.find(':')));
    if (const auto* git = std::get_if<GitLayer>(&layer.body)) {
        auto text = read_git_file(git->url, git->rev, path, context);
        if (!text) no_such_file(layer, path);
        return *text;
    }
    if (const auto* files = std::get_if<FilesLayer>(&layer.body)) return text_in_files(layer, *files, path);
    Error error = usage_error("'requirements_from' cannot read the layer '" + layer.name + "'",
                              "it names a `git` or a `files` layer");
    error.where = layer.pos;
    throw BuildError(std::move(error));
}

}  // namespace tmplbuild
