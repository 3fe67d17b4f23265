// SPDX-License-Identifier: Apache-2.0
#include "kernel_job/activate.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/grammar.hpp"
#include "base/python_text.hpp"
#include "kernel/variant_digest.hpp"
#include "sys/file.hpp"

namespace tmplbuild::job {

namespace {

constexpr const char* installer = "tmplbuild\n";

// The name as folders spell it: PEP 503's form, with underscores.
std::string normalized(const std::string& name) {
    std::string out = normalized_project(name);
    std::replace(out.begin(), out.end(), '-', '_');
    return out;
}

// Whether a .dist-info was made by this program; such a one has no RECORD, which pip always writes.
bool is_ours(const fs::path& folder) {
    std::error_code failed;
    const auto text = sys::read_file(folder / "INSTALLER", 1000);
    return text && *text == installer && !fs::exists(folder / "RECORD", failed);
}

Result<void> remove_metadata(const fs::path& site_packages, const std::string& distribution) {
    std::error_code failed;
    std::vector<fs::path> gone;
    for (const auto& entry : fs::directory_iterator(site_packages, failed)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(normalized(distribution) + "-") && name.ends_with(".dist-info") && is_ours(entry.path()))
            gone.push_back(entry.path());
    }
    for (const fs::path& folder : gone) {
        fs::remove_all(folder, failed);
        if (failed) return os_error("remove", folder.string(), failed.value());
    }
    return {};
}

Result<void> put_metadata(const fs::path& site_packages, const Activation& wanted) {
    const fs::path folder = site_packages / distribution_folder(wanted.distribution, wanted.version);
    const fs::path made = site_packages / (".tmplbuild-new-" + std::to_string(::getpid()));
    std::error_code failed;
    if (fs::exists(folder, failed) && !is_ours(folder)) return {};  // the user's own installation of the same version
    if (auto removed = remove_metadata(site_packages, wanted.distribution); !removed) return removed;
    auto written = sys::make_directories(made);
    if (written)
        written = sys::write_file_atomic(
            made / "METADATA", "Metadata-Version: 2.1\nName: " + wanted.distribution + "\nVersion: " + wanted.version +
                                   "\nSummary: Compiled for this GPU by tmplbuild; switched on and "
                                   "off by the pod's launcher (tmpl-ctl status)\n");
    if (written) written = sys::write_file_atomic(made / "INSTALLER", installer);
    if (written) written = sys::rename_path(made, folder);
    if (!written) (void)sys::remove_tree(made);
    return written;
}

Error no_place(Error error) {
    error.kind = ErrorKind::machine;
    return error;
}

Result<void> point(const pod::Kernel& kernel, const std::string& directory) {
    const fs::path folder = fs::path(run_folder) / kernel.name;
    if (auto made = sys::make_directories(folder); !made) return no_place(made.error());
    const fs::path made = folder / (".active-" + std::to_string(::getpid()));
    ::unlink(made.c_str());
    if (::symlink(directory.c_str(), made.c_str()) != 0)
        return no_place(os_error("link", (folder / "active").string(), errno));
    if (auto moved = sys::rename_path(made, folder / "active"); !moved) {
        ::unlink(made.c_str());
        return no_place(moved.error());
    }
    return {};
}

}  // namespace

std::string distribution_folder(const std::string& name, const std::string& version) {
    return normalized(name) + "-" + version + ".dist-info";
}

Result<void> match_torch(const pod::Kernel& kernel) {
    const pod::KernelPython& python = kernel.python;
    if (python.torch_git_version.empty()) return {};
    for (const pod::KernelVenv& venv : python.venvs) {
        if (venv.directory != python.venv) continue;
        auto text = sys::read_file(fs::path(venv.site_packages) / "torch/version.py", 1U << 20);
        if (!text) return build_error("torch is not in '" + venv.directory + "' any more: " + text.error().message);
        const std::string found = assigned_text(*text, "git_version");
        if (found == python.torch_git_version) return {};
        const std::string version = assigned_text(*text, "__version__");
        return build_error("torch was changed: '" + venv.directory + "' has " + version + " (" + found.substr(0, 12) +
                           "), the kernel is compiled against " + python.torch + " (" +
                           python.torch_git_version.substr(0, 12) + ")");
    }
    return build_error("pod.json does not say where torch is in '" + python.venv + "'");
}

Result<Switched> activate(const pod::Kernel& kernel, const Activation& wanted) {
    auto files = hash_tree(wanted.directory);
    if (!files) return files.error();
    if (files->empty()) return build_error("'" + wanted.directory + "' is empty");
    const std::string found = kernel::variant_digest(*files).to_string();
    if (!wanted.digest.empty() && found != wanted.digest)
        return build_error("the files in '" + wanted.directory + "' are not those that were proven: they have " +
                           found + " instead of " + wanted.digest);
    if (auto matches = match_torch(kernel); !matches) return matches.error();
    if (auto done = point(kernel, wanted.directory); !done) return done.error();
    Switched out;
    for (const pod::KernelVenv& venv : kernel.python.venvs) {
        Result<void> done;
        for (const std::string& name : {kernel.distribution, kernel.fallback.distribution})
            if (done && !name.empty() && name != wanted.distribution) done = remove_metadata(venv.site_packages, name);
        if (done && !wanted.distribution.empty()) done = put_metadata(venv.site_packages, wanted);
        if (!done) out.note += (out.note.empty() ? "" : "; ") + ("pip does not see it: " + done.error().message);
    }
    return out;
}

Result<Switched> deactivate(const pod::Kernel& kernel) {
    Switched out;
    // A folder, not a dangling link: a Python that looked there once and found no folder would not look again.
    const fs::path nothing = fs::path(run_folder) / kernel.name / "none";
    if (auto made = sys::make_directories(nothing); !made) return no_place(made.error());
    if (auto done = point(kernel, "none"); !done) return done.error();
    for (const pod::KernelVenv& venv : kernel.python.venvs)
        for (const std::string& name : {kernel.distribution, kernel.fallback.distribution}) {
            if (name.empty()) continue;
            if (auto removed = remove_metadata(venv.site_packages, name); !removed)
                out.note += (out.note.empty() ? "" : "; ") + removed.error().message;
        }
    return out;
}

}  // namespace tmplbuild::job
