// SPDX-License-Identifier: Apache-2.0
// The commands catalogue import and catalogue lock. What a catalogue is stands in src/catalogue, how the hub is asked
// in engine/models.
#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "catalogue/import.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "engine/models/lock_models.hpp"
#include "io/http.hpp"
#include "io/zip.hpp"
#include "sys/file.hpp"

namespace tmplbuild::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t largest_workflow = 16 << 20;

struct Templates {
    std::map<std::string, std::string> workflows;  // by their names
    std::string index;                             // the templates' own list, with their titles; may be empty
};

std::string stem_of(const std::string& path) { return fs::path(path).stem().string(); }

void take(Templates& out, const std::string& path, std::string text) {
    const std::string name = stem_of(path);
    if (name == "index")
        out.index = std::move(text);
    else if (!name.starts_with("index."))  // the list in other languages
        out.workflows[name] = std::move(text);
}

Templates templates_of_wheel(const fs::path& file) {
    const io::ZipReader zip = io::ZipReader::open(file).value();
    Templates out;
    for (const io::ZipMember& member : zip.members().value()) {
        const fs::path path(member.name);
        if (path.extension() == ".json" && path.parent_path().filename() == "templates")
            take(out, member.name, zip.read_text(member, largest_workflow).value());
    }
    return out;
}

Templates templates_of_folder(const fs::path& folder) {
    Templates out;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.is_regular_file() && entry.path().extension() == ".json")
            take(out, entry.path().string(), sys::read_file(entry.path(), largest_workflow).value());
    return out;
}

Templates templates_of(const fs::path& from) {
    std::error_code failed;
    if (!fs::exists(from, failed))
        throw BuildError(usage_error("there is no '" + from.string() + "'",
                                     "name a wheel of comfyui-workflow-templates-json (pip download --no-deps), or a "
                                     "folder of workflows"));
    Templates out = fs::is_directory(from, failed) ? templates_of_folder(from) : templates_of_wheel(from);
    if (out.workflows.empty()) throw BuildError(usage_error("'" + from.string() + "' holds no workflows"));
    return out;
}

// Names to titles, of the list that comes with the templates: groups, each with its templates.
std::map<std::string, std::string> titles_of(const std::string& index) {
    std::map<std::string, std::string> out;
    const auto parsed = json::parse(index, "index.json");
    if (!parsed || !parsed->is_array()) return out;
    for (const json::value& group : parsed->get_array()) {
        const json::value* list = group.is_object() ? group.get_object().if_contains("templates") : nullptr;
        if (list == nullptr || !list->is_array()) continue;
        for (const json::value& one : list->get_array())
            if (const json::object* item = one.if_object())
                out[json::string_or(*item, "name", "")] = json::string_or(*item, "title", "");
    }
    return out;
}

std::string set_name(const std::string& workflow) {
    std::string name = catalogue::id_for(workflow, {});
    std::replace(name.begin(), name.end(), '_', '-');
    return name;
}

struct CatalogueFile {
    std::string comment{};  // the lines before everything else, which say where it comes from
    catalogue::Catalogue catalogue{};
};

CatalogueFile read_catalogue_file(const fs::path& file) {
    const std::string text = sys::read_file(file, catalogue::max_catalogue_bytes).value();
    Report report;
    CatalogueFile out{{}, catalogue::read_catalogue(text, file.string(), report)};
    report.raise_if_any(file.string());
    for (const std::string& line : split(text, '\n')) {
        if (!line.starts_with('#')) break;
        out.comment += line + "\n";
    }
    return out;
}

std::vector<std::string> wanted_workflows(const Options& options, const Templates& templates) {
    std::vector<std::string> all;
    for (const auto& [name, text] : templates.workflows) all.push_back(name);
    for (const std::string& name : options.workflows)
        if (!templates.workflows.contains(name))
            throw BuildError(usage_error("there is no workflow '" + name + "'", did_you_mean(name, all)));
    return options.workflows.empty() ? all : options.workflows;
}

}  // namespace

int run_catalogue_import(const Options& options, Progress& progress, std::stop_token) {
    const Templates templates = templates_of(options.catalogue);
    const auto titles = titles_of(templates.index);
    std::error_code failed;
    const bool known = !options.into.empty() && fs::exists(options.into, failed);
    const CatalogueFile old = known ? read_catalogue_file(options.into) : CatalogueFile{};

    const std::vector<std::string> names = wanted_workflows(options, templates);
    std::set<std::string> fresh, taken;
    for (const std::string& name : names) fresh.insert(set_name(name));
    for (const catalogue::ModelSet& set : old.catalogue.sets)
        for (const catalogue::Entry& entry : set.entries)
            if (!fresh.contains(set.name)) taken.insert(entry.id);
    std::vector<catalogue::ModelSet> sets;
    for (const std::string& name : names) {
        const auto title = titles.find(name);
        auto set = catalogue::set_of_workflow(templates.workflows.at(name), set_name(name),
                                              title != titles.end() ? title->second : name, taken);
        if (!set && options.workflows.empty()) continue;  // another kind of JSON
        if (!set) throw BuildError(set.error());
        if (set->entries.empty() && !options.workflows.empty())
            progress.message("the workflow '" + name + "' names no models with links");
        if (!set->entries.empty()) sets.push_back(std::move(*set));
    }
    const std::string text = old.comment + catalogue::write_catalogue(catalogue::with_sets(old.catalogue, sets));
    if (options.into.empty())
        print_text(text);
    else
        sys::write_file_atomic(options.into, text).value();
    return 0;
}

int run_catalogue_lock(const Options& options, Progress& progress, std::stop_token stop) {
    CatalogueFile wanted = read_catalogue_file(options.catalogue);
    io::HttpClient http;
    const std::vector<Error> errors =
        lock_models(wanted.catalogue, hub_from_environment(), http, progress, std::move(stop));
    const fs::path into = options.into.empty() ? options.catalogue : options.into;
    sys::write_file_atomic(into, wanted.comment + catalogue::write_catalogue(wanted.catalogue)).value();
    if (!errors.empty()) throw BuildError(errors);
    return 0;
}

}  // namespace tmplbuild::cli
