// SPDX-License-Identifier: Apache-2.0
#include "resolve/apt.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

// One private apt: its lists are fetched once, then asked as often as needed.
class Apt {
  public:
    static Result<Apt> open(const std::string& step, const std::string& suite, const std::string& status,
                            ResolveContext& context) {
        if (auto fits = check_room(context.store); !fits) return fits.error();
        auto folder = context.store.new_temp_directory("apt");
        if (!folder) return folder.error();
        for (const char* below : {"state/lists/partial", "cache/archives/partial", "out"})
            if (auto made = sys::make_directories(folder->path() / below); !made) return made.error();
        if (auto made = sys::write_file_atomic(folder->path() / "status", status); !made) return made.error();
        Apt apt(std::move(*folder), context);
        context.progress.doing(step, "reading the package lists");
        auto updated = apt.run({"update"}, "reading the package lists");
        if (!updated) return updated.error();
        auto suites = apt.run({"indextargets", "--format", "$(CODENAME) $(SUITE)"}, "asking apt for its suites");
        if (!suites) return suites.error();
        for (const std::string& line : split(suites->out, '\n'))
            for (const std::string& name : split(line, ' '))
                if (name == suite) return apt;
        // A source that cannot be reached is a warning to apt-get, which then goes on without it and ends with 0.
        if (updated->tail_text().find("Failed to fetch") != std::string::npos) {
            Error error = network_error("the package lists of '" + suite + "' cannot be fetched", advice);
            error.detail = updated->tail_text();
            return error;
        }
        return machine_error("this machine's apt sources do not offer the suite '" + suite + "'",
                             "add a source for it under /etc/apt/sources.list.d/, or choose a suite that is there");
    }

    Result<io::ProcessResult> run(std::vector<std::string> arguments, const std::string& what) {
        const fs::path& at = folder_.path();
        std::vector<std::string> argv = {"apt-get", "-qq", "-y"};
        for (const std::string& option :
             {"Dir::State=" + (at / "state").string(), "Dir::State::status=" + (at / "status").string(),
              "Dir::Cache=" + (at / "cache").string(), std::string("APT::Architecture=amd64"),
              std::string("APT::Architectures=amd64"), std::string("APT::Install-Recommends=false"),
              std::string("Acquire::ForceHash=SHA256"), std::string("Acquire::Retries=3"),
              std::string("APT::Sandbox::User=root")})
            argv.insert(argv.end(), {"-o", option});
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        io::Command command{.argv = std::move(argv), .environment = {{"LC_ALL", "C.UTF-8"}}, .directory = at / "out"};
        auto result = context_->processes.run_checked(command, context_->stop, what);
        if (!result && result.error().kind == ErrorKind::build) {
            Error error = result.error();
            error.kind = ErrorKind::network;
            error.hint = advice;
            return error;
        }
        return result;
    }

    fs::path out() const { return folder_.path() / "out"; }

  private:
    // apt-get 2.6 waits for ever when its folder becomes full: the failed write is never told to who waits for it.
    static Result<void> check_room(const Store& store) {
        constexpr std::uint64_t needed = 256 << 20;  // lists, apt's caches of them, and room
        const auto free = sys::free_bytes(store.root());
        if (!free || *free >= needed) return {};
        return build_error("apt's package lists need about " + human_bytes(needed) + " of disk, and the store at '" +
                               store.root().string() + "' has " + human_bytes(*free) + " left: the disk is too full",
                           "free some space, or set TMPLBUILD_CACHE to a folder on a larger disk");
    }

    static constexpr const char* advice = "see whether `apt-get update` works on this machine";

    Apt(sys::TempDirectory folder, ResolveContext& context) : folder_(std::move(folder)), context_(&context) {}
    sys::TempDirectory folder_;
    ResolveContext* context_;
};

// apt writes an epoch's ':' as "%3a" in file names.
std::string unescape(std::string text) {
    for (std::size_t at = 0; (at = text.find('%', at)) != std::string::npos && at + 2 < text.size(); ++at) {
        unsigned value = 0;
        const char* digits = text.data() + at + 1;
        if (std::from_chars(digits, digits + 2, value, 16).ec == std::errc())
            text.replace(at, 3, 1, static_cast<char>(value));
    }
    return text;
}

// "'<uri>' <file> <size> SHA256:<hex>", apt-get(8) --print-uris.
Result<LockedPackage> read_uri_line(const std::string& line) {
    const std::vector<std::string> fields = split(line.substr(line.rfind("' ") + 2), ' ');
    const Error wrong = build_error("apt-get --print-uris said '" + fields[0] + "' in a form that is not known");
    if (fields.size() != 3 || !fields[2].starts_with("SHA256:")) return wrong;
    LockedPackage package;
    package.file = fields[0];
    const std::vector<std::string> parts = split(fields[0].substr(0, fields[0].rfind('.')), '_');
    auto digest = Digest::parse_hex(fields[2].substr(7));
    const char* end = fields[1].data() + fields[1].size();
    if (parts.size() != 3 || !digest || std::from_chars(fields[1].data(), end, package.size).ptr != end) return wrong;
    package.name = parts[0];
    package.version = unescape(parts[1]);
    package.architecture = parts[2];
    package.sha256 = *digest;
    return package;
}

}  // namespace

static Result<std::vector<LockedPackage>> resolve(Apt& apt, const std::vector<std::string>& ask,
                                                  const std::string& step, const std::string& suite) {
    auto said = apt.run(ask, "resolving the packages of " + step);
    if (!said) {
        Error error = said.error();
        if (error.detail.find("Unable to locate package") != std::string::npos) {
            error.kind = ErrorKind::usage;
            error.message = "a package of " + step + " does not exist in " + suite;
            error.hint = "correct `packages`; `apt-cache search` finds names";
        }
        return error;
    }
    std::vector<LockedPackage> out;
    for (const std::string& line : split(said->out, '\n')) {
        if (line.empty() || line[0] != '\'') continue;
        auto package = read_uri_line(line);
        if (!package) return package.error();
        out.push_back(std::move(*package));
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return out;
}

Result<std::vector<LockedPackage>> resolve_debian(const std::string& suite, const std::vector<std::string>& packages,
                                                  ResolveContext& context) {
    auto apt = Apt::open("base", suite, "", context);
    if (!apt) return apt.error();
    // apt-patterns(7): a machine may have sources of several suites; the essential set is that of the one asked for.
    std::vector<std::string> ask = {"--print-uris", "-t", suite, "install", "?essential", "apt"};
    ask.insert(ask.end(), packages.begin(), packages.end());
    auto out = resolve(*apt, ask, "base", suite);
    if (out && out->empty()) return build_error("apt resolved the base to no package at all");
    return out;
}

Result<std::vector<LockedPackage>> resolve_apt(const std::string& step, const std::string& suite,
                                               const std::string& status, const std::vector<std::string>& packages,
                                               ResolveContext& context) {
    auto apt = Apt::open(step, suite, status, context);
    if (!apt) return apt.error();
    std::vector<std::string> ask = {"--print-uris", "-t", suite, "install"};
    ask.insert(ask.end(), packages.begin(), packages.end());
    return resolve(*apt, ask, step, suite);
}

Result<std::string> installed_status(const std::vector<LockedPackage>& packages, ResolveContext& context) {
    std::string out;
    for (const LockedPackage& package : packages) {
        auto control =
            context.processes.run_checked({.argv = {"dpkg-deb", "-f", context.store.blob_path(package.sha256)}},
                                          context.stop, "reading " + package.file);
        if (!control) return control.error();
        out += std::string(trim(control->out)) + "\nStatus: install ok installed\n\n";
    }
    return out;
}

Result<void> fetch_packages(const std::string& step, const std::string& suite,
                            const std::vector<LockedPackage>& packages, ResolveContext& context) {
    std::vector<const LockedPackage*> missing;
    for (const LockedPackage& package : packages)
        if (!context.store.has_blob(package.sha256)) missing.push_back(&package);
    if (missing.empty()) return {};
    auto apt = Apt::open(step, suite, "", context);
    if (!apt) return apt.error();
    context.progress.doing(step, "fetching " + std::to_string(missing.size()) + " packages");
    std::vector<std::string> ask = {"download"};
    for (const LockedPackage* package : missing) ask.push_back(package->name + "=" + package->version);
    auto fetched = apt->run(ask, "fetching the packages of " + step);
    for (const LockedPackage* package : missing) {
        const fs::path file = apt->out() / package->file;
        std::error_code failed;
        if (!fs::exists(file, failed)) {
            Error error = network_error("the mirror has no " + package->name + " " + package->version + " any more",
                                        "take the newer one with `tmplbuild lock --update " + step + " TEMPLATE`");
            if (!fetched) error.detail = fetched.error().detail;
            return error;
        }
        if (auto adopted = context.store.adopt_blob(file, package->sha256); !adopted) {
            Error error = adopted.error();
            error.kind = ErrorKind::network;
            return error.while_doing("fetching " + package->file);
        }
    }
    return {};
}

}  // namespace tmplbuild
