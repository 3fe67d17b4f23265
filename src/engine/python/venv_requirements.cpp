// SPDX-License-Identifier: Apache-2.0
#include "engine/python/venv_requirements.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "resolve/context_files.hpp"
#include "resolve/git.hpp"
#include "resolve/pip_settings.hpp"
#include "resolve/source_archive.hpp"
#include "sys/beneath.hpp"
#include "sys/file.hpp"
#include "sys/file_digest.hpp"
#include "template/layer_traits.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t largest_requirements = 16 << 20;  // bytes of one requirements file

// The path in an entry of `requirements_from`: "inside" of "layer:inside".
std::string path_in(const std::string& from) { return from.substr(from.find(':') + 1); }
const Layer& layer_of(const Template& tmpl, const std::string& from) {
    const std::string name = from.substr(0, from.find(':'));
    auto found = std::find_if(tmpl.layers.begin(), tmpl.layers.end(), [&](const Layer& l) { return l.name == name; });
    return *found;  // it is there, as check_template() made sure
}

[[noreturn]] void no_such_file(const Layer& layer, const std::string& path) {
    Error error = usage_error("the layer '" + layer.name + "' has no file '" + path + "'",
                              "'requirements_from' names a path inside the layer, below its 'dest'");
    error.where = layer.pos;
    throw BuildError(std::move(error));
}

// The form in which the lock names a folder of the image; empty for the image's root.
std::string image_folder(const std::string& dest) {
    const auto path = parse_image_path(dest);
    return path && !path->empty() ? "/" + *path : "";
}

// Where a `files` layer puts a folder of the context; empty where no layer does.
std::string place_in_image(const Template& tmpl, const std::string& folder) {
    const fs::path wanted = (tmpl.directory / folder).lexically_normal();
    for (const Layer& layer : tmpl.layers) {
        for (const FileItem& item : traits_of(layer).copied) {
            if (item.text) continue;
            const std::string below = wanted.lexically_relative(item.source.lexically_normal());
            if (below.empty() || below == ".." || below.starts_with("../")) continue;
            return image_folder((fs::path(item.dest) / below).lexically_normal());
        }
    }
    return {};
}

RequirementsRoot root_of_list(const std::string& name, const std::vector<std::string>& texts, const Template& tmpl,
                              bool constraints) {
    RequirementsRoot root;
    root.name = name;
    root.constraints = constraints;
    root.context = tmpl.directory;
    root.place = [&tmpl](const std::string& folder) { return place_in_image(tmpl, folder); };
    root.lines.emplace();
    for (const std::string& text : texts) root.lines->push_back({text, SourcePos{name, 0, 0}});
    return root;
}

// `file`, whose content is `text`, as a path inside the template's folder; a recipe's own files count from its folder.
RequirementsRoot root_of_file(const fs::path& file, std::string text, const Template& tmpl) {
    RequirementsRoot root;
    fs::path context = tmpl.directory;
    std::string path = file.lexically_relative(context);
    if (path.empty() || path == ".." || path.starts_with("../")) {
        context = file.parent_path();
        path = file.filename();
    }
    root.name = root.path = path;
    root.context = context;
    root.place = [&tmpl](const std::string& folder) { return place_in_image(tmpl, folder); };
    root.environment = process_environment();
    root.read = [context, path, text = std::move(text)](const std::string& wanted) -> Result<std::string> {
        if (wanted == path) return text;
        auto beneath = sys::Beneath::open(context, sys::Outside::refused);
        if (!beneath) return beneath.error();
        return beneath->read_file(wanted, largest_requirements);
    };
    return root;
}

// The file that a layer of copied files would put at `path` below its destination.
RequirementsRoot root_in_files(const Layer& layer, const std::string& path, const Template& tmpl) {
    for (const FileItem& item : traits_of(layer).copied) {
        if (item.text && (item.dest == path || item.dest.ends_with("/" + path))) {
            RequirementsRoot root;
            root.name = layer.name + ":" + path;
            root.path = path;
            root.before = layer.name + ":";
            root.read = [text = *item.text, path](const std::string& wanted) -> Result<std::string> {
                if (wanted == path) return text;
                return usage_error("the layer says one file's text, and no other file lies beside it");
            };
            return root;
        }
        if (item.text) continue;
        const ContextFiles context = ContextFiles::open(item).value();
        if (!context.is_folder() && item.source.filename() != path) continue;
        if (auto text = context.read_text(context.is_folder() ? path : "", largest_requirements).value())
            return root_of_file(context.is_folder() ? item.source / path : item.source, std::move(*text), tmpl);
    }
    no_such_file(layer, path);
}

RequirementsRoot root_in_commit(const Layer& layer, const GitLayer& git, const std::string& path,
                                ResolveContext& context) {
    RequirementsRoot root;
    root.name = layer.name + ":" + path;
    root.path = path;
    root.before = layer.name + ":";
    root.commit = SourceTree{git.url, git.rev};
    root.commit->submodules = git.submodules;
    root.commit->lfs_pointers = git.lfs_pointers;
    root.place = [&git](const std::string&) { return image_folder(git.dest); };
    root.read = [&git, &context](const std::string& wanted) {
        return read_git_file(git.url, git.rev, wanted, context);
    };
    return root;
}

// The lock names files and folders relative to the template's folder, so that another machine finds them again.
void refuse_paths_of_recipes(const Template& tmpl, const AskedPython& asked) {
    for (const auto* list : {&asked.requirements, &asked.constraints})
        for (const AskedRequirement& one : *list) {
            if (!one.local || one.local->folder == tmpl.directory) continue;
            Error error =
                usage_error("'" + one.what.address + "' is a " + (one.tree ? "folder" : "file") + " beside a recipe",
                            "copy it into the template's folder, and require it by its path there");
            error.where = one.where;
            throw BuildError(std::move(error));
        }
}

using Roots = std::vector<RequirementsRoot>;

// The requirements of a venv in the template and in the files beside it.
Roots own_roots(const Template& tmpl, const VenvRequest& request) {
    Roots roots;
    for (const PythonLayer* python : request.layers) {
        roots.push_back(root_of_list("requirements of " + request.step(), python->requirements, tmpl, false));
        roots.push_back(root_of_list("constraints of " + request.step(), python->constraints, tmpl, true));
        for (const std::string& from : python->requirements_from)
            if (const Layer& layer = layer_of(tmpl, from); traits_of(layer).commit == nullptr)
                roots.push_back(root_in_files(layer, path_in(from), tmpl));
    }
    for (RequirementsRoot& root : roots) root.own = request.layers.front()->own;
    return roots;
}

// Those in files of commits; with `only_here`, only of commits that the store has.
Roots commit_roots(const Template& tmpl, const VenvRequest& request, ResolveContext& context, bool only_here) {
    Roots roots;
    for (const PythonLayer* python : request.layers)
        for (const std::string& from : python->requirements_from) {
            const Layer& layer = layer_of(tmpl, from);
            const GitLayer* git = traits_of(layer).commit;
            if (git == nullptr || (only_here && !has_commit(git->url, git->rev, context))) continue;
            roots.push_back(root_in_commit(layer, *git, path_in(from), context));
        }
    return roots;
}

Digest digest_of(const ContextFile& file) {
    auto beneath = sys::Beneath::open(file.folder, sys::Outside::refused).value();
    auto open = beneath.open_file(file.path);
    if (!open) throw BuildError(usage_error("the wheel cannot be read: " + open.error().message, open.error().hint));
    return sys::hash_file("/proc/self/fd/" + std::to_string(open->get())).value();
}

Digest digest_of_folder(const AskedRequirement& asked) {
    auto digest = digest_source_folder(*asked.local);
    if (digest) return *digest;
    Error error = digest.error();
    error.kind = ErrorKind::usage;
    error.where = asked.where;
    throw BuildError(std::move(error));
}

// The content of everything beside the template from which the venv is made, as one text; empty where there is nothing.
// Digests that are taken are kept with their requirements.
std::string identity_of(AskedPython& asked) {
    CanonicalKey key;
    std::size_t number = 0;
    for (const auto& [name, text] : asked.texts)
        key.add("text/" + std::to_string(number++) + "/" + name, Sha256::of(text));
    for (auto* list : {&asked.requirements, &asked.constraints})
        for (AskedRequirement& one : *list) {
            if (!one.local) continue;
            one.content = one.tree ? digest_of_folder(one) : digest_of(*one.local);
            key.add((one.tree ? "folder/" : "file/") + std::to_string(number++) + "/" + one.local->path, *one.content);
        }
    return number == 0 ? "" : key.digest().to_string();
}

}  // namespace

AskedPython requirements_of(const Template& tmpl, const VenvRequest& request, const LocalFacts& facts,
                            ResolveContext& context, bool only_here) {
    const Roots roots = commit_roots(tmpl, request, context, only_here);
    AskedPython asked = read_requirements(roots, facts.requirements.at(request.step())).value();
    refuse_paths_of_recipes(tmpl, asked);
    return asked;
}

void add_requirement_facts(const Template& tmpl, const Store& store, LocalFacts& facts) {
    SilentProgress silent;
    io::SystemProcessRunner processes;
    io::HttpClient http;
    ResolveContext context{store, processes, http, silent, {}};
    for (const VenvRequest& request : venv_requests(tmpl)) {
        AskedPython own = read_requirements(own_roots(tmpl, request)).value();
        if (std::string identity = identity_of(own); !identity.empty())
            facts.requirement_files[request.step()] = std::move(identity);
        facts.requirements[request.step()] = std::move(own);
        (void)requirements_of(tmpl, request, facts, context, true);
        // The files of a commit never change.
        for (const PythonLayer* python : request.layers)
            for (const std::string& from : python->requirements_from)
                if (const GitLayer* git = traits_of(layer_of(tmpl, from)).commit)
                    facts.requirement_files[from] = git->rev + ":" + path_in(from);
    }
}

}  // namespace tmplbuild
