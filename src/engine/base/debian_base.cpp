// SPDX-License-Identifier: Apache-2.0
#include "engine/base/debian_base.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "engine/base/measure_root.hpp"
#include "engine/package_repository.hpp"
#include "engine/python/interpreter.hpp"
#include "pack/scrub.hpp"
#include "pack/tree_packer.hpp"
#include "resolve/apt_source.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

// Capabilities with which a package's script could change the machine's kernel, clock, hardware or network; setpriv(1).
static constexpr const char* capabilities_taken_away =
    "-sys_module,-sys_rawio,-sys_ptrace,-sys_time,-sys_boot,-sys_pacct,-sys_tty_config,-syslog,"
    "-net_admin,-net_raw,-mac_admin,-mac_override,-audit_control,-audit_read,-wake_alarm,"
    "-block_suspend,-lease,-linux_immutable";

namespace {

Result<void> bootstrap(const BaseSpec& spec, const fs::path& work, std::int64_t time, StepContext& context) {
    std::vector<std::string> names;
    for (const LockedPackage& package : spec.locked.packages) names.push_back(package.name);
    const std::string source = "deb [trusted=yes] copy:" + (work / "repo").string() + " ./";
    io::Command command;
    // It gets namespaces of its own: its mounts of this machine's /dev and /sys, and the dpkg that it started, end with
    // it however it ends. Packages' scripts see no network, no process and no System V object of this machine.
    command.argv = {"unshare",
                    "--mount",
                    "--pid",
                    "--net",
                    "--ipc",
                    "--uts",
                    "--fork",
                    "--kill-child",
                    "--mount-proc",
                    "setpriv",
                    "--bounding-set",
                    capabilities_taken_away,
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
    // The environment is fixed, so that maintainer scripts read nothing of this machine from it.
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

// Maintainer scripts have run in the root, so any folder of it may be a link; links are followed within the root alone.
Result<void> write_inside(const sys::Beneath& root, const std::string& folder, const std::string& name,
                          const std::string& text) {
    auto real = root.real_path(folder);
    if (!real) return real.error();
    if (!*real || !root.is_folder(**real))
        return build_error("the base has no folder /" + folder, "its package apt has; add it to base.debian.packages");
    return sys::write_file_atomic(root.folder() / **real / name, text);
}

// Writes the image's own sources: the template's, else the example that its apt package ships. Until Debian's next
// release is out, its apt ships the example of the last one.
Result<void> write_sources(const DebianBase& base, const fs::path& root) {
    auto inside = sys::Beneath::open(root, sys::Outside::is_root);
    if (!inside) return inside.error();
    if (!base.sources.empty()) {
        std::string text;
        for (const std::string& line : base.sources) text += line + "\n";
        return write_inside(*inside, "etc/apt", "sources.list", text);
    }
    constexpr std::uint64_t limit = 64 << 10;
    static constexpr const char* keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    for (const auto& [name, folder] :
         {std::pair{"debian.sources", "etc/apt/sources.list.d"}, {"sources.list", "etc/apt"}}) {
        auto example = inside->read_file(std::string("usr/share/doc/apt/examples/") + name, limit);
        if (!example) continue;
        const std::vector<AptSource> sources = parse_apt_sources(*example, std::string_view(name) == "debian.sources");
        const std::vector<std::string> suites = suites_of(sources);
        if (std::find(suites.begin(), suites.end(), base.suite) != suites.end())
            return write_inside(*inside, folder, name, *example);
        std::string text;
        for (const AptSource& source : debian_sources(sources, base.suite, keyring)) text += source.to_stanza() + "\n";
        return write_inside(*inside, "etc/apt/sources.list.d", "debian.sources", text);
    }
    return build_error("the apt of '" + base.suite + "' ships no example of its sources",
                       "write the image's own under [base]: sources = [\"deb …\"]");
}

}  // namespace

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
    if (auto written = write_sources(std::get<DebianBase>(spec.base), root); !written) return written.error();
    context.say("packing");
    TreePackOptions options{{context.compression, "base debian " + spec.locked.suite},
                            *time,
                            [](const std::string& path, bool) { return is_scrubbed(path); }};
    auto layer = pack_tree(context.store, root, options);
    if (!layer) return layer.error();
    // The packed root is measured, since that is what the layers above will find.
    context.say("measuring");
    auto session = context.sandbox->open({*layer}, {});
    if (!session) return session.error();
    auto contract = measure_root(**session, default_path, spec.interpreters, context);
    if (!contract) return contract.error();
    return StepOutput{{*layer}, {{"contract", contract->to_json()}}, 0};
}

}  // namespace tmplbuild
