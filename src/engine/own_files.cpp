// SPDX-License-Identifier: Apache-2.0
#include "engine/own_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "resolve/context_files.hpp"
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

namespace {

// Files are known by what they are, and not by their names: a link to one, and another name of it, copy it as well.
class SecretSearch {
  public:
    explicit SecretSearch(const std::vector<SecretFile>& secrets) {
        for (const SecretFile& secret : secrets)
            if (struct stat facts{}; ::stat(secret.path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode))
                options_.emplace(std::pair(facts.st_dev, facts.st_ino), secret.option);
    }
    void look_at(const FileItem& item, const std::string& who) {
        if (options_.empty() || item.source.empty()) return;
        const auto files = ContextFiles::open(item);
        if (!files) return;  // whoever reads it says so
        files
            ->walk([&](const std::string& relative, const struct stat& facts) -> Result<void> {
                const auto found = options_.find(std::pair(facts.st_dev, facts.st_ino));
                if (found == options_.end()) return {};
                Error error = usage_error(
                    who + " would copy the file of " + found->second + ": " + files->shown(relative).string(),
                    "keep it outside of what the template copies, or name it in .tmplbuildignore");
                error.where = item.pos;
                errors_.push_back(std::move(error));
                return {};
            })
            .value();
    }
    void end() const {
        if (!errors_.empty()) throw BuildError(errors_);
    }

  private:
    std::map<std::pair<dev_t, ino_t>, std::string> options_{};
    std::vector<Error> errors_{};
};

void refuse_copied_secrets(const Template& tmpl, const std::vector<SecretFile>& secrets) {
    SecretSearch search(secrets);
    for (const Layer& layer : tmpl.layers) {
        const LayerTraits traits = traits_of(layer);
        for (const FileItem& item : traits.copied) search.look_at(item, "the layer " + traits.step);
    }
    for (const KernelUse& use : tmpl.kernels)
        search.look_at(use.recipe.source_folder, "the source of the kernel '" + use.name + "'");
    search.end();
}

}  // namespace

void leave_out_own_files(Template& tmpl, const Store& store, const std::vector<fs::path>& written,
                         const std::vector<SecretFile>& secrets) {
    std::set<fs::path> own = remembered(record_of(tmpl.file, store));
    for (const fs::path& path : written) own.insert(plain_path(path));
    for (const fs::path& path : {store.root(), lock_path(tmpl.file), default_output(tmpl), default_volume()})
        own.insert(plain_path(path));
    const std::vector<fs::path> all(own.begin(), own.end());
    for (Layer& layer : tmpl.layers)
        for (std::vector<fs::path>* list : own_file_lists(layer)) *list = all;
    for (KernelUse& use : tmpl.kernels) use.recipe.source_folder.own = all;
    refuse_copied_secrets(tmpl, secrets);
}

}  // namespace tmplbuild
