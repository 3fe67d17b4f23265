// SPDX-License-Identifier: Apache-2.0
#include "machine_links.hpp"

#include <deque>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

#include "base/text.hpp"
#include "kernel/layer_index.hpp"
#include "sys/file.hpp"
#include "sys/mapped_file.hpp"
#include "verify/link_check.hpp"

namespace tmplbuild::gpucheck {

namespace {

namespace fs = std::filesystem;
using Type = kernel::IndexedFile::Type;

std::string without_slash(const fs::path& path) { return path.relative_path().generic_string(); }

// The machine's root as one layer, as far as the linker would look: folders of libraries, and of their files those that
// are reached by name from the first ones.
class MachineIndex {
  public:
    // A path with every folder and link on its way.
    void add(const fs::path& path) {
        fs::path way = "/";
        for (const fs::path& part : path.relative_path()) {
            way /= part;
            if (!known_.insert(way.generic_string()).second) continue;
            std::error_code failed;
            const fs::file_status status = fs::symlink_status(way, failed);
            if (!fs::exists(status)) return;
            kernel::IndexedFile file{Type::other, 0755, 0, {}};
            if (fs::is_directory(status)) file.type = Type::directory;
            if (fs::is_regular_file(status)) file.type = Type::file;
            if (fs::is_symlink(status)) {
                file.type = Type::symlink;
                file.link = fs::read_symlink(way, failed).string();
            }
            builder_.add_file(without_slash(way), file);
            if (fs::is_regular_file(status)) files_[way.filename().string()].insert(way);
            if (fs::is_symlink(status)) {
                files_[way.filename().string()].insert(way);
                add(fs::weakly_canonical(way, failed));
            }
        }
    }
    // What lies in a folder; `deep`: and below it.
    void add_folder(const fs::path& folder, bool deep) {
        add(folder);
        std::error_code failed;
        for (const auto& entry : fs::directory_iterator(folder, failed)) {
            const std::string name = entry.path().filename().string();
            const bool is_folder = entry.is_directory(failed) && !entry.is_symlink(failed);
            if (is_folder && deep) add_folder(entry.path(), true);
            if (!is_folder && name.find(".so") != std::string::npos) add(entry.path());
        }
    }
    // The linker's own list. Returns the folders that it names.
    std::vector<std::string> add_configuration() {
        std::vector<std::string> texts, folders;
        std::error_code failed;
        std::set<fs::path> list = {"/etc/ld.so.conf"};
        for (const auto& entry : fs::directory_iterator("/etc/ld.so.conf.d", failed)) list.insert(entry.path());
        for (const fs::path& file : list) {
            const auto text = sys::read_file(file);
            if (!text) continue;
            add(file);
            builder_.add_text(without_slash(file), *text);
            for (const std::string& line : split(*text, '\n'))
                if (line.starts_with('/')) folders.emplace_back(trim(line.substr(0, line.find('#'))));
        }
        return folders;
    }
    // ELF files, and from each one what it needs, wherever a file of that name lies.
    void read_from(const std::vector<fs::path>& first) {
        std::deque<fs::path> queue(first.begin(), first.end());
        while (!queue.empty()) {
            std::error_code failed;
            const fs::path path = fs::canonical(queue.front(), failed);
            queue.pop_front();
            if (failed || !read_.insert(path).second) continue;
            add(path);
            const auto file = sys::MappedFile::open(path);
            if (!file) continue;
            const auto info = kernel::read_elf(file->bytes());
            if (!info) {
                builder_.add_unreadable_elf(without_slash(path), info.error().message);
                continue;
            }
            builder_.add_elf(without_slash(path), *info);
            for (const std::string& entry : info->runpath) add_run_path(entry, path.parent_path());
            for (const std::string& name : info->needed)
                if (const auto found = files_.find(name); found != files_.end())
                    queue.insert(queue.end(), found->second.begin(), found->second.end());
        }
    }
    // Where a Python that is not the system's has its own library.
    void add_run_path(std::string entry, const fs::path& origin) {
        for (const std::string_view word : {"$ORIGIN", "${ORIGIN}"})
            if (entry.starts_with(word)) entry = origin.string() + entry.substr(word.size());
        std::error_code failed;
        const fs::path folder = fs::weakly_canonical(entry, failed);
        if (folder.is_absolute() && run_paths_.insert(folder).second) add_folder(folder, false);
    }
    std::string finish() { return builder_.finish(Digest()); }

  private:
    kernel::LayerIndexBuilder builder_;
    std::set<std::string> known_;
    std::map<std::string, std::set<fs::path>> files_;  // by file name
    std::set<fs::path> read_, run_paths_;
};

// What `import torch` opens (verify/link_check.cpp).
std::vector<fs::path> torch_libraries(const std::string& site) {
    std::vector<fs::path> out = {fs::path(site) / "torch/lib/libtorch_global_deps.so"};
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(fs::path(site) / "torch", failed))
        if (entry.path().filename().string().starts_with("_C.")) out.push_back(entry.path());
    return out;
}

std::string index_machine(const MachinePython& python, const fs::path& folder,
                          const std::vector<std::string>& modules) {
    MachineIndex index;
    std::vector<std::string> folders = index.add_configuration();
    for (const char* usual : {"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib",
                              "/usr/lib", "/usr/local/lib"})
        folders.emplace_back(usual);
    for (const std::string& named : split(python.library_path, ':')) folders.push_back(named);
    for (const std::string& one : folders)
        if (one.starts_with('/')) index.add_folder(one, false);
    std::vector<fs::path> first = {python.interpreter};
    index.add(python.interpreter);
    for (const std::string& site : python.site_packages) {
        index.add_folder(site + "/torch", false);
        index.add_folder(site + "/torch/lib", true);
        index.add_folder(site + "/nvidia", true);
        for (const fs::path& library : torch_libraries(site)) first.push_back(library);
    }
    index.add_folder(folder, true);
    for (const std::string& module : modules) first.push_back(folder / module);
    index.read_from(first);
    return index.finish();
}

}  // namespace

Result<json::object> check_machine_links(const MachinePython& python, const std::string& folder,
                                         const std::vector<std::string>& modules) {
    const fs::path place = fs::absolute(folder);
    const std::string bytes = index_machine(python, place, modules);
    const auto layer = kernel::LayerIndex::open(std::as_bytes(std::span(bytes)));
    if (!layer) return layer.error();
    const RootView view({&*layer});
    const auto interpreter = view.find(python.interpreter);
    if (!interpreter || view.elf(*interpreter) == nullptr)
        return build_error("'" + python.interpreter + "' is no program that can be read");
    PythonView seen;
    seen.interpreter = *interpreter;
    seen.name = python.name;
    seen.site_packages = python.site_packages;
    if (!python.torch.empty()) seen.distributions.push_back({"torch", python.torch, {}});
    std::vector<kernel::ModuleFacts> facts;
    facts.reserve(modules.size());  // the pointers below stay valid
    std::vector<sys::MappedFile> mapped;
    std::vector<LinkedModule> linked;
    for (const std::string& module : modules) {
        auto file = sys::MappedFile::open(place / module);
        if (!file) return file.error();
        facts.push_back(kernel::examine_module({module, file->bytes()}));
        if (!facts.back().problem.empty()) return build_error("'" + module + "': " + facts.back().problem);
        mapped.push_back(std::move(*file));
        linked.push_back({without_slash(place / module), module, &facts.back()});
    }
    const LinkResult result = check_links(view, &seen, linked, python.torch, python.library_path);
    json::array findings;
    for (const Finding& finding : result.findings)
        findings.push_back(json::object{{"unknown", finding.weight == Finding::Weight::unknown},
                                        {"where", finding.where},
                                        {"message", finding.message}});
    return json::object{{"symbols", result.symbols}, {"findings", std::move(findings)}};
}

}  // namespace tmplbuild::gpucheck
