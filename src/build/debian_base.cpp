// SPDX-License-Identifier: Apache-2.0
#include "build/debian_base.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "build/package_repository.hpp"
#include "pack/tree_packer.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

bool is_scrubbed(const std::string& path) {
    // Folders stay, what is in them goes.
    static constexpr std::array emptied = {
        "dev/",
        "proc/",
        "sys/",
        "run/",
        "tmp/",
        "var/tmp/",
        "var/lib/apt/lists/",
        "var/cache/apt/",
        "var/cache/ldconfig/",
        "var/log/apt/",
        "root/.cache/",
    };
    // Files that differ between two installations of the same packages, or that belong to the machine that built.
    static constexpr std::array removed = {
        "etc/machine-id",
        "var/lib/dbus/machine-id",
        "etc/resolv.conf",
        "etc/hostname",
        "var/log/alternatives.log",
        "var/log/bootstrap.log",
        "var/log/dpkg.log",
        "var/log/faillog",
        "var/log/lastlog",
        "var/log/btmp",
        "var/log/wtmp",
        "var/cache/debconf/config.dat-old",
        "var/cache/debconf/templates.dat-old",
        "var/lib/dpkg/status-old",
        "var/lib/dpkg/diversions-old",
        "var/lib/dpkg/statoverride-old",
        "var/lib/dpkg/lock",
        "var/lib/dpkg/lock-frontend",
        "var/lib/dpkg/triggers/Lock",
        "var/lib/apt/extended_states",
        "etc/.pwd.lock",
        "etc/passwd-",
        "etc/group-",
        "etc/shadow-",
        "etc/gshadow-",
        "var/lib/systemd/random-seed",
        "etc/apt/sources.list.d/0000tmplbuild.list",
        "var/lib/mmdebstrap",
    };
    for (const std::string_view folder : emptied)
        if (path.starts_with(folder)) return true;
    if (path.starts_with("etc/ssh/ssh_host_")) return true;
    return std::find(removed.begin(), removed.end(), path) != removed.end();
}

namespace {

Result<void> bootstrap(const BaseSpec& spec, const fs::path& work, std::int64_t time, StepContext& context) {
    std::vector<std::string> names;
    for (const LockedPackage& package : spec.locked.packages) names.push_back(package.name);
    const std::string source = "deb [trusted=yes] copy:" + (work / "repo").string() + " ./";
    io::Command command;
    // In namespaces of its own: what it mounts of this machine's /dev and /sys, and the dpkg that it started, go with
    // it however it ends.
    command.argv = {"unshare",
                    "--mount",
                    "--pid",
                    "--fork",
                    "--kill-child",
                    "--mount-proc",
                    "mmdebstrap",
                    "--mode=root",
                    "--variant=essential",
                    "--architectures=amd64",
                    "--skip=check/empty",
                    "--aptopt=APT::Sandbox::User \"root\"",
                    "--aptopt=APT::Install-Recommends \"false\"",
                    "--include=" + join(names, ","),
                    spec.locked.suite,
                    work / "root",
                    source};
    // Everything that a maintainer script could pick up from this machine is fixed.
    command.inherit_environment = false;
    command.environment = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"},
                           {"HOME", "/root"},
                           {"LC_ALL", "C.UTF-8"},
                           {"TZ", "UTC"},
                           {"SOURCE_DATE_EPOCH", std::to_string(time)},
                           {"DEBIAN_FRONTEND", "noninteractive"},
                           {"TMPDIR", work}};
    command.on_line = [&](std::string_view line) { context.progress.line(context.step, line); };
    auto result = context.processes.run_checked(command, context.stop, "installing the base's packages");
    if (!result) return result.error();
    return {};
}

Result<void> write_sources(const DebianBase& base, const fs::path& root) {
    std::string text;
    for (const std::string& line : base.sources) text += line + "\n";
    if (base.sources.empty()) {
        auto example = sys::read_file(root / "usr/share/doc/apt/examples/sources.list");
        if (!example) return example.error();
        text = *example;
    }
    return sys::write_file_atomic(root / "etc/apt/sources.list", text);
}

Result<std::optional<PythonFacts>> measure_python(const fs::path& root, StepContext& context) {
    std::error_code failed;
    if (!fs::exists(fs::symlink_status(root / "usr/bin/python3", failed))) return std::optional<PythonFacts>();
    static constexpr const char* ask =
        "import sys, sysconfig, os, json, importlib.util as u; print(json.dumps([os.path.realpath('/usr/bin/python3'), "
        "'%d.%d.%d' % sys.version_info[:3], sysconfig.get_config_var('SOABI'), sys.implementation.cache_tag, "
        "u.MAGIC_NUMBER.hex()]))";
    const io::Command command{.argv = {"chroot", root, "/usr/bin/python3", "-IBc", ask},
                              .environment = {{"LC_ALL", "C.UTF-8"}}};
    auto said = context.processes.run_checked(command, context.stop, "asking the base's Python for its version");
    if (!said) return said.error();
    auto document = json::parse(said->out, "the base's Python");
    if (!document) return document.error();
    const auto& list = document->get_array();
    auto text = [&](std::size_t at) { return std::string(list.at(at).get_string()); };
    return std::optional(PythonFacts{"/usr/bin/python3", text(0), text(1), text(2), text(3), text(4)});
}

// Links among the folders that layers use as a way to something, and folders that are not plainly root's.
void measure_folders(const fs::path& root, const std::string& path, int depth, FolderFacts& facts) {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(root / path, failed)) {
        const std::string name =
            path.empty() ? entry.path().filename().string() : path + "/" + entry.path().filename().string();
        struct stat info {};
        if (::lstat(entry.path().c_str(), &info) != 0) continue;
        if (S_ISLNK(info.st_mode)) {
            const fs::path target = fs::read_symlink(entry.path(), failed);
            const fs::path lands =
                (target.is_absolute() ? target.relative_path() : (fs::path(path) / target)).lexically_normal();
            if (!lands.empty() && *lands.begin() != ".." && fs::is_directory(root / lands, failed))
                facts.symlinks[name] = lands;
        } else if (S_ISDIR(info.st_mode)) {
            const FolderFacts::Folder folder{info.st_mode & 07777, info.st_uid, info.st_gid};
            if (folder != FolderFacts::Folder{}) facts.folders[name] = folder;
            if (depth > 1) measure_folders(root, name, depth - 1, facts);
        }
    }
}

std::string os_release(const std::string& text, const std::string& key) {
    for (const std::string& line : split(text, '\n')) {
        if (!line.starts_with(key + "=")) continue;
        std::string value = line.substr(key.size() + 1);
        if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
        return value;
    }
    return {};
}

std::string glibc_version(const fs::path& root) {
    // libc.so.6 names itself in its text: "GNU C Library (Debian GLIBC 2.36-9…) stable release version 2.36."
    for (const char* place :
         {"lib/x86_64-linux-gnu/libc.so.6", "usr/lib/x86_64-linux-gnu/libc.so.6", "lib64/libc.so.6"}) {
        auto text = sys::read_file(root / place);
        static constexpr std::string_view words = "stable release version ";
        const std::size_t at = text ? text->find(words) : std::string::npos;
        if (at == std::string::npos) continue;
        const std::string tail = text->substr(at + words.size(), 16);
        return tail.substr(0, tail.find_first_not_of("0123456789."));
    }
    return {};
}

}  // namespace

std::string release_name(const fs::path& root) {
    auto release = sys::read_file(root / "usr/lib/os-release");
    return release ? os_release(*release, "VERSION_CODENAME") : "";
}

Result<BaseContract> measure_root(const fs::path& root, StepContext& context) {
    BaseContract contract;
    if (auto release = sys::read_file(root / "usr/lib/os-release"))
        contract.distribution = os_release(*release, "ID") + " " + os_release(*release, "VERSION_ID");
    contract.glibc = glibc_version(root);
    while (contract.glibc.ends_with('.')) contract.glibc.pop_back();
    auto python = measure_python(root, context);
    if (!python) return python.error();
    contract.python = *python;
    measure_folders(root, "", 3, contract.folders);
    return contract;
}

Result<StepOutput> build_debian_base(const BaseSpec& spec, StepContext& context) {
    if (::geteuid() != 0)
        return machine_error("a Debian base can only be made by root: its files have owners",
                             "run tmplbuild with sudo, or start from a `layout` base");
    auto work = context.store.new_temp_directory("base");
    if (!work) return work.error();
    if (auto made = sys::make_directories(work->path() / "repo"); !made) return made.error();
    auto time = make_package_repository(work->path() / "repo", spec.locked.suite, spec.locked.packages, context);
    if (!time) return time.error();
    context.say("installing " + std::to_string(spec.locked.packages.size()) + " packages");
    if (auto made = bootstrap(spec, work->path(), *time, context); !made) return made.error();
    const fs::path root = work->path() / "root";
    context.say("measuring");
    auto contract = measure_root(root, context);
    if (!contract) return contract.error();
    if (auto written = write_sources(std::get<DebianBase>(spec.base), root); !written) return written.error();
    context.say("packing");
    TreePackOptions options{{context.compression, "base debian " + spec.locked.suite},
                            *time,
                            [](const std::string& path, bool) { return is_scrubbed(path); }};
    auto layer = pack_tree(context.store, root, options);
    if (!layer) return layer.error();
    return StepOutput{{*layer}, {{"contract", contract->to_json()}}, 0};
}

}  // namespace tmplbuild
