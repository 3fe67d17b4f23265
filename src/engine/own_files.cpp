// SPDX-License-Identifier: Apache-2.0
#include "engine/own_files.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "resolve/lock.hpp"
#include "sys/file.hpp"
#include "template/layer_traits.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

fs::path default_output(const Template& tmpl) { return fs::path("out") / tmpl.name; }
fs::path default_volume() { return fs::path("out") / "workspace"; }

static fs::path plain_path(const fs::path& path) {
    std::error_code failed;
    const fs::path whole = fs::absolute(path, failed).lexically_normal();
    return whole.has_filename() ? whole : whole.parent_path();  // without a final slash
}

// One file for each template: the paths that its builds have written, with a NUL after each.
static fs::path record_of(const fs::path& template_file, const Store& store) {
    return store.root() / "outputs" / Sha256::of(template_file.string()).hex().substr(0, 32);
}

static std::set<fs::path> remembered(const fs::path& record) {
    std::set<fs::path> known;
    std::error_code failed;
    if (!fs::exists(record, failed)) return known;
    for (const std::string& path : split(sys::read_file(record, 1 << 20).value(), '\0'))
        if (!path.empty() && fs::exists(path, failed)) known.insert(path);
    return known;
}

void remember_outputs(const fs::path& template_file, const Store& store, const std::vector<fs::path>& written) {
    const fs::path record = record_of(template_file, store);
    std::set<fs::path> known = remembered(record);
    const auto is_known = [&](const fs::path& path) { return known.contains(plain_path(path)); };
    if (std::all_of(written.begin(), written.end(), is_known)) return;
    const sys::FileLock lock = sys::FileLock::acquire(record.string() + ".lock").value();
    known = remembered(record);
    for (const fs::path& path : written) known.insert(plain_path(path));
    std::string text;
    for (const fs::path& path : known) text += path.string() + '\0';
    sys::write_file_atomic(record, text).value();
}

void leave_out_own_files(Template& tmpl, const Store& store, const std::vector<fs::path>& written) {
    std::set<fs::path> own = remembered(record_of(tmpl.file, store));
    for (const fs::path& path : written) own.insert(plain_path(path));
    for (const fs::path& path : {store.root(), lock_path(tmpl.file), default_output(tmpl), default_volume()})
        own.insert(plain_path(path));
    const std::vector<fs::path> all(own.begin(), own.end());
    for (Layer& layer : tmpl.layers)
        for (std::vector<fs::path>* list : own_file_lists(layer)) *list = all;
    for (KernelUse& use : tmpl.kernels) use.recipe.source_folder.own = all;
}

}  // namespace tmplbuild
