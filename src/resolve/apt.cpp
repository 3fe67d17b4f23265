// SPDX-License-Identifier: Apache-2.0
#include "resolve/apt.hpp"

#include <algorithm>
#include <charconv>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "resolve/apt_failure.hpp"
#include "sys/beneath.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

// The settings of this machine's own apt.
struct MachineApt {
    std::vector<AptSource> sources;
    std::vector<fs::path> trusted;  // files of keys
};

// Reads one value out of the output of `apt-config shell`: NAME='value'.
std::string shell_value(const std::string& text, const std::string& name) {
    for (const std::string& line : split(text, '\n'))
        if (line.starts_with(name + "='") && line.ends_with('\''))
            return line.substr(name.size() + 2, line.size() - name.size() - 3);
    return {};
}

std::vector<fs::path> files_in(const fs::path& folder, const std::vector<std::string>& endings) {
    std::vector<fs::path> out;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(folder, failed))
        if (std::find(endings.begin(), endings.end(), entry.path().extension().string()) != endings.end())
            out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    return out;
}

Result<MachineApt> read_machine_apt(ResolveContext& context) {
    auto said = context.processes.run_checked(
        {.argv = {"apt-config", "shell", "LIST", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/d", "KEYS",
                  "Dir::Etc::trusted/f", "KEY_PARTS", "Dir::Etc::trustedparts/d"},
         .environment = {{"LC_ALL", "C.UTF-8"}}},
        context.stop, "asking apt where its sources are");
    if (!said) return said.error();
    MachineApt out;
    std::vector<fs::path> files = files_in(shell_value(said->out, "PARTS"), {".list", ".sources"});
    files.insert(files.begin(), shell_value(said->out, "LIST"));
    for (const fs::path& file : files) {
        std::error_code failed;
        if (!fs::is_regular_file(file, failed)) continue;
        auto text = sys::read_file(file);
        if (!text) return text.error();
        for (AptSource& source : parse_apt_sources(*text, file.extension() == ".sources"))
            out.sources.push_back(std::move(source));
    }
    out.trusted = files_in(shell_value(said->out, "KEY_PARTS"), {".gpg", ".asc"});
    out.trusted.insert(out.trusted.begin(), shell_value(said->out, "KEYS"));
    return out;
}

constexpr const char* debian_keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

// The sources of one run of apt. A base's keys are named by their paths in the base until keep_keys() writes them to
// files.
Result<std::vector<AptSource>> choose_sources(const AptOrigin& origin, const MachineApt& machine) {
    std::error_code failed;
    const std::string keyring = fs::exists(debian_keyring, failed) ? debian_keyring : "";
    std::vector<AptSource> out;
    if (origin.base && !origin.base->sources.empty())
        out = served_here(origin.base->sources, machine.sources, keyring);
    else if (is_debian_suite(origin.suite))
        out = debian_sources(machine.sources, origin.suite, keyring);
    else if (origin.repositories.empty())
        return usage_error("the base brings no apt sources, so there is nothing to install packages from",
                           "name them under [[repositories]], or choose a base that has them");
    if (out.empty() && is_debian_suite(origin.suite))
        return machine_error("this machine's apt has no source of Debian to make '" + origin.suite + "' from",
                             "add one under /etc/apt/sources.list.d/; any release will do, since a mirror has all");
    return out;
}

// One private apt: its lists are fetched once, then asked as often as needed.
class Apt {
  public:
    static Result<Apt> open(const std::string& step, const AptOrigin& origin, const std::string& status,
                            ResolveContext& context) {
        if (auto fits = check_room(context.store); !fits) return fits.error();
        auto folder = context.store.new_temp_directory("apt");
        if (!folder) return folder.error();
        for (const char* below :
             {"state/lists/partial", "cache/archives/partial", "out", "sources", "keys", "trusted", "preferences.d"})
            if (auto made = sys::make_directories(folder->path() / below); !made) return made.error();
        if (auto made = sys::write_file_atomic(folder->path() / "status", status); !made) return made.error();
        Apt apt(std::move(*folder), context);
        if (auto written = apt.write_sources(origin); !written) return written.error();
        context.progress.doing(step, "reading the package lists of " + join(apt.suites_, ", "));
        auto updated = apt.run({"-qq", "-o", "APT::Update::Error-Mode=any", "update"}, "reading the package lists");
        if (!updated) return updated.error();
        return apt;
    }

    Result<io::ProcessResult> run(const std::vector<std::string>& arguments, const std::string& what) {
        const fs::path& at = folder_.path();
        std::vector<std::string> argv = {"apt-get", "-q", "-y"};
        std::vector<std::string> options = {"Dir::State=" + (at / "state").string(),
                                            "Dir::State::status=" + (at / "status").string(),
                                            "Dir::Cache=" + (at / "cache").string(),
                                            "Dir::Etc::SourceList=/dev/null",
                                            "Dir::Etc::SourceParts=" + (at / "sources").string(),
                                            "APT::Architecture=amd64",
                                            "APT::Architectures=amd64",
                                            "APT::Install-Recommends=false",
                                            "Acquire::ForceHash=SHA256",
                                            "Acquire::Retries=3",
                                            "APT::Sandbox::User=root"};
        if (own_trust_)
            for (const std::string& option : {"Dir::Etc::Trusted=" + (at / "keys/none.gpg").string(),
                                              "Dir::Etc::TrustedParts=" + (at / "trusted").string(),
                                              "Dir::Etc::Preferences=" + (at / "preferences").string(),
                                              "Dir::Etc::PreferencesParts=" + (at / "preferences.d").string()})
                options.push_back(option);
        for (const std::string& option : options) argv.insert(argv.end(), {"-o", option});
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        const io::Command command{
            .argv = std::move(argv), .environment = {{"LC_ALL", "C.UTF-8"}}, .directory = at / "out"};
        auto result = context_->processes.run(command, context_->stop);
        if (!result || result->exit_code == 0) return result;
        return explain_apt_failure(what, result->tail_text());
    }

    fs::path out() const { return folder_.path() / "out"; }
    const std::vector<std::string>& suites() const { return suites_; }

  private:
    Result<void> write_sources(const AptOrigin& origin) {
        auto machine = read_machine_apt(*context_);
        if (!machine) return machine.error();
        AptOrigin here = origin;
        if (here.base)
            if (auto kept = keep_keys(*here.base, *machine); !kept) return kept;
        auto sources = choose_sources(here, *machine);
        if (!sources) return sources.error();
        for (const Repository& repository : origin.repositories) {
            auto source = source_of(repository);
            if (!source) return source.error();
            sources->push_back(std::move(*source));
        }
        suites_ = suites_of(*sources);
        std::string text;
        for (const AptSource& source : *sources) text += source.to_stanza() + "\n";
        return sys::write_file_atomic(folder_.path() / "sources/tmplbuild.sources", text);
    }

    // A base's sources are checked with the base's own keys; a path in them never means a file of this machine.
    Result<void> keep_keys(BaseApt& base, const MachineApt& machine) {
        const fs::path& at = folder_.path();
        std::map<std::string, std::string> places;
        for (const auto& [path, key] : base.keys) {
            const std::string name = std::to_string(places.size()) + (path.ends_with(".asc") ? ".asc" : ".gpg");
            const bool trusted = std::find(base.trusted.begin(), base.trusted.end(), path) != base.trusted.end();
            places[path] = at / "keys" / name;
            if (auto written = sys::write_file_atomic(places[path], key); !written) return written;
            if (!trusted) continue;
            if (auto written = sys::write_file_atomic(at / "trusted" / ("base-" + name), key); !written) return written;
        }
        for (AptSource& source : base.sources) {
            if (!source.signed_by.starts_with('/')) continue;
            std::vector<std::string> here;
            for (const std::string& path : split(source.signed_by, ','))
                here.push_back(places.contains(path) ? places[path] : (at / "keys/missing.gpg").string());
            source.signed_by = join(here, ",");
        }
        own_trust_ = true;
        std::size_t number = 0;
        for (const fs::path& file : machine.trusted) {
            std::error_code failed;
            if (!fs::is_regular_file(file, failed)) continue;
            auto key = sys::read_file(file);
            if (!key) return key.error();
            const std::string name = "machine-" + std::to_string(number++) + file.extension().string();
            if (auto written = sys::write_file_atomic(at / "trusted" / name, *key); !written) return written;
        }
        return sys::write_file_atomic(at / "preferences", base.preferences);
    }

    Result<AptSource> source_of(const Repository& repository) {
        auto key = read_repository_key(repository);
        if (!key) return key.error();
        const bool text = key->starts_with("-----BEGIN PGP");
        const fs::path file = folder_.path() / "keys" / (repository.name + (text ? ".asc" : ".gpg"));
        if (auto written = sys::write_file_atomic(file, *key); !written) return written.error();
        return AptSource{{repository.uri}, {repository.suite}, repository.components, file};
    }

    // apt-get 2.6 waits for ever when its folder becomes full, since the failed write is never reported to the waiting
    // part.
    static Result<void> check_room(const Store& store) {
        constexpr std::uint64_t needed = 256 << 20;  // lists, apt's caches of them, and room
        const auto free = sys::free_bytes(store.root());
        if (!free || *free >= needed) return {};
        return build_error("apt's package lists need about " + human_bytes(needed) + " of disk, and the store at '" +
                               store.root().string() + "' has " + human_bytes(*free) + " left: the disk is too full",
                           "free some space, or set TMPLBUILD_CACHE to a folder on a larger disk");
    }

    Apt(sys::TempDirectory folder, ResolveContext& context) : folder_(std::move(folder)), context_(&context) {}
    sys::TempDirectory folder_;
    ResolveContext* context_;
    std::vector<std::string> suites_;
    bool own_trust_ = false;  // the keys and pins of a base, instead of this machine's
};

// In file names, apt writes the ':' of an epoch as "%3a".
std::string unescape(std::string text) {
    for (std::size_t at = 0; (at = text.find('%', at)) != std::string::npos && at + 2 < text.size(); ++at) {
        unsigned value = 0;
        const char* digits = text.data() + at + 1;
        if (std::from_chars(digits, digits + 2, value, 16).ec == std::errc())
            text.replace(at, 3, 1, static_cast<char>(value));
    }
    return text;
}

// Reads "'<uri>' <file> <size> SHA256:<hex>", a line of apt-get(8) --print-uris.
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

static Result<ResolvedPackages> resolve(Apt& apt, const std::vector<std::string>& ask, const std::string& step) {
    std::vector<std::string> arguments = {"--print-uris", "install",
                                          "--"};  // no name of a lock or template is read as an option
    arguments.insert(arguments.end(), ask.begin(), ask.end());
    auto said = apt.run(arguments, "resolving the packages of " + step);
    if (!said) return said.error();
    ResolvedPackages out{{}, apt.suites()};
    for (const std::string& line : split(said->out, '\n')) {
        if (line.empty() || line[0] != '\'') continue;
        auto package = read_uri_line(line);
        if (!package) return package.error();
        out.packages.push_back(std::move(*package));
    }
    std::sort(out.packages.begin(), out.packages.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return out;
}

Result<ResolvedPackages> resolve_debian(const AptOrigin& origin, const std::vector<std::string>& packages,
                                        ResolveContext& context) {
    auto apt = Apt::open("base", origin, "", context);
    if (!apt) return apt.error();
    std::vector<std::string> ask = {"?essential", "apt"};  // apt-patterns(7)
    ask.insert(ask.end(), packages.begin(), packages.end());
    auto out = resolve(*apt, ask, "base");
    if (out && out->packages.empty()) return build_error("apt resolved the base to no package at all");
    return out;
}

Result<ResolvedPackages> resolve_apt(const std::string& step, const AptOrigin& origin, const std::string& status,
                                     const std::vector<std::string>& packages, ResolveContext& context) {
    auto apt = Apt::open(step, origin, status, context);
    if (!apt) return apt.error();
    return resolve(*apt, packages, step);
}

Result<void> check_apt_origin(const AptOrigin& origin, ResolveContext& context) {
    for (const Repository& repository : origin.repositories)
        if (auto key = read_repository_key(repository); !key) return key.error();
    auto machine = read_machine_apt(context);
    if (!machine) return machine.error();
    auto sources = choose_sources(origin, *machine);
    if (!sources) return sources.error();
    return {};
}

Result<std::string> read_repository_key(const Repository& repository) {
    constexpr std::uint64_t limit = 256 << 10;
    const auto wrong = [&](const std::string& why) {
        Error error = usage_error("the key of the repository '" + repository.name + "' cannot be used: " + why,
                                  "'key' names the repository's OpenPGP key, as its owner publishes it (.asc or .gpg)");
        error.where = repository.pos;
        return error;
    };
    auto folder = sys::Beneath::open(repository.directory, sys::Outside::refused);
    if (!folder) return wrong(folder.error().message);
    auto key = folder->read_file(repository.key, limit);
    if (!key) return wrong(key.error().message);
    // RFC 9580, 6.2 and 4.2: a key is armoured text, or a packet (whose first byte has its highest bit set).
    if (key->empty() ||
        !(key->starts_with("-----BEGIN PGP PUBLIC KEY") || (static_cast<unsigned char>(key->front()) & 0x80) != 0))
        return wrong("it is no OpenPGP key");
    return *key;
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

Result<void> fetch_packages(const std::string& step, const AptOrigin& origin,
                            const std::vector<LockedPackage>& packages, ResolveContext& context) {
    std::vector<const LockedPackage*> missing;
    for (const LockedPackage& package : packages)
        if (!context.store.has_blob(package.sha256)) missing.push_back(&package);
    if (missing.empty()) return {};
    auto apt = Apt::open(step, origin, "", context);
    if (!apt) return apt.error();
    context.progress.doing(step, "fetching " + std::to_string(missing.size()) + " packages");
    std::vector<std::string> ask = {"-qq", "download", "--"};
    for (const LockedPackage* package : missing) ask.push_back(package->name + "=" + package->version);
    auto fetched = apt->run(ask, "fetching the packages of " + step);
    for (const LockedPackage* package : missing) {
        const fs::path file = apt->out() / package->file;
        std::error_code failed;
        if (!fs::exists(file, failed)) {
            if (!fetched && fetched.error().kind == ErrorKind::network) return fetched.error();
            Error error = build_error("the mirror has no " + package->name + " " + package->version + " any more",
                                      "take the newer one with " + renewal_of(step));
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
