// SPDX-License-Identifier: Apache-2.0
#include "resolve/uv.hpp"

#include <array>
#include <charconv>

#include "base/json.hpp"
#include "base/text.hpp"
#include "io/certificates.hpp"
#include "io/process.hpp"
#include "io/this_program.hpp"
#include "template/requirement.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

// The names of the files that uv is given; in its messages they are replaced by the real names.
constexpr const char* requirements_prefix = "requirements-";
constexpr const char* constraints_prefix = "constraints-";
using Texts = std::vector<std::string>;
// uv asks an interpreter about itself in isolated mode, and runs build backends without it. site.py runs lines of .pth
// files that begin with "import" before anything else; os._exit cannot be caught.
constexpr const char* inert_line = "import os, sys; sys.flags.isolated or os._exit(41)\n";

// TOML's basic strings have JSON's escapes, except for DEL (TOML 1.0, "String").
std::string toml_string(const std::string& text) {
    std::string out = json::canonical(json::value(text));
    for (std::size_t at = 0; (at = out.find('\x7f', at)) != std::string::npos;) out.replace(at, 1, "\\u007f");
    return out;
}

std::string toml_list(const std::vector<std::string>& texts) {
    std::vector<std::string> quoted;
    quoted.reserve(texts.size());
    for (const std::string& text : texts) quoted.push_back(toml_string(text));
    return "[" + join(quoted, ", ") + "]";
}

// The smallest text that uv reads as a pylock.toml.
std::string preferences(const std::vector<LockedDistribution>& preferred) {
    std::string out = "lock-version = \"1.0\"\ncreated-by = \"tmplbuild\"\n";
    for (const LockedDistribution& one : preferred)
        out += "[[packages]]\nname = " + toml_string(one.name) + "\nversion = " + toml_string(one.version) + "\n";
    return out;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
}

// uv wraps long causes over several lines, so only colours and white space at the ends are removed.
std::string detail_of(const io::ProcessResult& result) { return std::string(trim(without_user(result.tail_text()))); }

}  // namespace

Result<fs::path> find_uv() {
    const fs::path shipped = io::this_program().parent_path() / "../libexec/uv";
    std::error_code failed;
    if (fs::is_regular_file(shipped, failed)) return shipped.lexically_normal();
    if (const auto found = io::find_program("uv")) return *found;
    return machine_error("uv, which resolves Python packages, is not on this machine",
                         "install it with `scripts/install-uv " + shipped.lexically_normal().parent_path().string() +
                             "`, or into PATH with `pip install uv`");
}

std::string uv_platform(const std::string& glibc) {
    // From `uv pip compile --help` of 0.13.9, --python-platform.
    static constexpr std::array known = {17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40};
    const std::vector<std::string> parts = split(glibc, '.');
    int minor = 0, best = 0;
    if (parts.size() != 2 || parts[0] != "2") return {};
    std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), minor);
    for (const int one : known)
        if (one <= minor) best = one;
    return best == 0 ? "" : "x86_64-manylinux_2_" + std::to_string(best);
}

Result<Uv> Uv::open(const PipSettings& settings, ResolveContext& context) {
    auto program = find_uv();
    if (!program) return program.error();
    auto folder = context.store.new_temp_directory("uv");
    if (!folder) return folder.error();
    Uv uv(std::move(*program), std::move(*folder), settings, context);
    auto version = uv.run({"--version"});
    if (!version) return version.error();
    if (!is_new_enough_uv(version->out))
        return machine_error(uv.program_.string() + " is too old: it says '" + std::string(trim(version->out)) + "'",
                             "tmplbuild needs uv 0.8 or newer: `pip install --upgrade uv`");
    return uv;
}

// uv gets an environment of its own: variables that would change what it finds (UV_*, PIP_*, VIRTUAL_ENV) are left out,
// and the settings hold what counts of them.
Result<io::ProcessResult> Uv::run(std::vector<std::string> arguments) {
    io::Command command{.argv = std::move(arguments), .inherit_environment = false, .directory = folder_.path()};
    command.argv.insert(command.argv.begin(), program_.string());
    const Environment environment = process_environment();
    for (const char* name :
         {"PATH", "HOME", "NETRC", "SSL_CERT_FILE", "SSL_CERT_DIR", "http_proxy", "https_proxy", "all_proxy",
          "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "UV_HTTP_TIMEOUT", "UV_HTTP_RETRIES"})
        if (std::string value = environment(name); !value.empty()) command.environment[name] = std::move(value);
    // uv has certificates of its own and reads no system's; pip and libcurl read these.
    std::error_code failed;
    for (const std::string& file : {settings_->ca_file.string(), environment("SSL_CERT_FILE"),
                                    environment("CURL_CA_BUNDLE"), io::default_certificates().string()})
        if (!file.empty() && fs::exists(file, failed)) {
            command.environment["SSL_CERT_FILE"] = file;
            break;
        }
    command.environment["LC_ALL"] = "C.UTF-8";
    command.environment["TMPDIR"] = folder_.path();
    command.environment["UV_CACHE_DIR"] = folder_.path() / "cache";
    command.environment["UV_PYTHON_DOWNLOADS"] = "never";
    command.environment["UV_NO_PROGRESS"] = "1";
    // Only our own git fetches repositories; one that a dependency names is refused (uv_words.hpp).
    command.environment["GIT_ALLOW_PROTOCOL"] = "none";
    command.environment["NO_COLOR"] = "1";
    return context_->processes.run(command, context_->stop);
}

// Makes a virtual environment whose Python only answers uv's questions about itself.
Result<void> Uv::make_inert_python() {
    if (has_python_) return {};
    const fs::path venv = folder_.path() / "python";
    auto made = run({"venv", "--no-config", "--offline", "--quiet", venv});
    if (!made) return made.error();
    if (made->exit_code != 0) {
        Error error = machine_error("this machine has no Python 3 that uv can use", "install python3");
        error.detail = detail_of(*made);
        return error;
    }
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(venv / "lib", failed)) {
        const fs::path packages = entry.path() / "site-packages";
        if (!fs::is_directory(packages, failed)) continue;
        if (auto written = sys::write_file_atomic(packages / "a_inert.pth", inert_line); !written) return written;
    }
    // Tried before it is relied on, since a package's code must not run here.
    auto tried = context_->processes.run(
        {.argv = {(venv / "bin/python").string(), "-c", "pass"}, .inherit_environment = false}, context_->stop);
    if (!tried) return tried.error();
    if (tried->exit_code != inert_status)
        return machine_error("Python in a virtual environment does not obey its .pth files on this machine");
    has_python_ = true;
    return {};
}

std::string Uv::configuration(const UvQuestion& question) const {
    std::string out;
    if (settings_->no_index) out += "no-index = true\n";
    if (!settings_->find_links.empty()) out += "find-links = " + toml_list(settings_->find_links) + "\n";
    if (settings_->index_strategy)
        out += "index-strategy = " + toml_string(to_string(*settings_->index_strategy)) + "\n";
    if (!settings_->trusted_hosts.empty()) out += "allow-insecure-host = " + toml_list(settings_->trusted_hosts) + "\n";
    for (const std::string& index : settings_->more_indexes) out += "[[index]]\nurl = " + toml_string(index) + "\n";
    if (!settings_->default_index.empty())
        out += "[[index]]\nurl = " + toml_string(settings_->default_index) + "\ndefault = true\n";
    for (const SdistMetadata& one : question.metadata) {
        out += "[[dependency-metadata]]\nname = " + toml_string(one.name) + "\nversion = " + toml_string(one.version) +
               "\nrequires-dist = " + toml_list(one.requires_dist) + "\nprovides-extra = " + toml_list(one.extras) +
               "\n";
        if (!one.requires_python.empty()) out += "requires-python = " + toml_string(one.requires_python) + "\n";
    }
    return out;
}

// A project that asks for the pinned ones: uv reads such pins only from a project's [tool.uv.sources], and then applies
// them wherever the same name is asked for.
static std::string pinning_project(const UvQuestion& question) {
    Texts wanted;
    for (const auto& [name, texts] : question.required) wanted.insert(wanted.end(), texts.begin(), texts.end());
    std::string out = "[project]\nname = \"the-template\"\nversion = \"0\"\ndependencies = " + toml_list(wanted) + "\n";
    std::string sources = "[tool.uv.sources]\n";
    for (std::size_t n = 0; n < question.pinned.size(); ++n) {
        const std::string name = "pinned-" + std::to_string(n);
        out += "[[tool.uv.index]]\nname = \"" + name + "\"\nurl = " + toml_string(question.pinned[n].url) +
               "\nexplicit = true\n";
        for (const std::string& package : question.pinned[n].packages)
            if (question.required.contains(package)) sources += package + " = { index = \"" + name + "\" }\n";
    }
    return out + sources;
}

Result<Texts> Uv::arguments_for(const UvQuestion& question, const std::string& platform, const BaseContract& contract) {
    const fs::path& at = folder_.path();
    Texts arguments = {"pip", "compile", "--config-file", at / "uv.toml", "--format", "pylock.toml"};
    std::vector<std::pair<fs::path, std::string>> files = {{at / "uv.toml", configuration(question)}};
    const auto add = [&](const auto& list, const std::string& prefix, const char* option) {
        for (std::size_t n = 0; n < list.size(); ++n) {
            if (trim(list[n].second).empty()) continue;  // uv prints a warning for these
            files.emplace_back(at / (prefix + std::to_string(n) + ".txt"), list[n].second);
            if (option != nullptr) arguments.emplace_back(option);
            arguments.push_back(files.back().first);
        }
    };
    add(question.files, requirements_prefix, nullptr);
    add(question.constraints, constraints_prefix, "--constraints");
    if (question.required.empty()) {
        arguments.emplace_back("--no-sources");
    } else {
        files.emplace_back(at / "template/pyproject.toml", pinning_project(question));
        arguments.push_back(files.back().first);
    }
    // uv keeps the versions in its output file, so that file is written again for each question.
    const fs::path output = at / "pylock.toml";
    std::error_code failed;
    fs::remove(output, failed);
    if (!question.preferred.empty()) files.emplace_back(output, preferences(question.preferred));
    for (const auto& [file, text] : files)
        if (auto written = sys::write_file_atomic(file, text, 0600); !written) return written.error();
    arguments.insert(arguments.end(),
                     {"--output-file", output, "--python", at / "python/bin/python", "--no-build-isolation",
                      "--python-version", contract.python->version, "--python-platform", platform});
    if (question.wheels_only) arguments.insert(arguments.end(), {"--only-binary", ":all:"});
    for (const std::string& name : question.only_binary) arguments.insert(arguments.end(), {"--only-binary", name});
    for (const std::string& name : question.no_binary) arguments.insert(arguments.end(), {"--no-binary", name});
    if (question.prereleases) arguments.insert(arguments.end(), {"--prerelease", "allow"});
    return arguments;
}

Result<UvAnswer> Uv::resolve(const UvQuestion& question, const BaseContract& contract) {
    const std::string platform = uv_platform(contract.glibc);
    if (!contract.python || platform.empty())
        return build_error("Python packages need a base with Python 3 and glibc 2.17 or newer");
    if (auto made = make_inert_python(); !made) return made.error();
    auto arguments = arguments_for(question, platform, contract);
    if (!arguments) return arguments.error();
    auto result = run(std::move(*arguments));
    if (!result) return result.error();
    UvAnswer answer;
    if (result->exit_code != 0) {
        answer.unknown_sdist = read_failed_build(result->tail_text());
        if (answer.unknown_sdist) return answer;
        return failure(*result, question);
    }
    auto text = sys::read_file(folder_.path() / "pylock.toml");
    if (!text) return text.error();
    auto packages = parse_pylock(*text, folder_.path());
    if (!packages) return packages.error().while_doing("resolving " + question.what);
    answer.packages = std::move(*packages);
    return answer;
}

// Turns uv's failure into an error for whoever wrote the requirements.
Error Uv::explain(UvFailure failure, const UvQuestion& question) const {
    switch (failure) {
        case UvFailure::no_login:
            return network_error("a package index refuses this machine while resolving " + question.what,
                                 "put its user and password into ~/.netrc, or into the address in pip's configuration");
        case UvFailure::no_solution: {
            const bool several = settings_->more_indexes.size() + question.pinned.size() > 0 &&
                                 settings_->index_strategy != IndexStrategy::unsafe_best_match;
            return usage_error(
                "the requirements of " + question.what + " cannot be met together",
                several ? "the first index that has a project decides which versions there are: name the projects that "
                          "come from one, as indexes = [{ url = \"…\", packages = [\"torch\"] }], or, where all its "
                          "owners are trusted, write index_strategy = \"" +
                              to_string(IndexStrategy::unsafe_best_match) + "\""
                        : "change the versions that are asked for; another index is named by `indexes` of the python "
                          "layer");
        }
        case UvFailure::no_requirement:
            return usage_error("a requirement of " + question.what + " cannot be understood",
                               "write it as pip takes it: name>=1.0");
        case UvFailure::repository:
            return usage_error("a dependency of " + question.what +
                                   " names a repository, which is fetched for nobody "
                                   "but the template",
                               "require it yourself, as name @ git+https://host/path@COMMIT: that one is then taken");
        case UvFailure::unreachable:
            return network_error("the package index did not answer while resolving " + question.what,
                                 "see whether `pip download` works on this machine");
        case UvFailure::other:
            break;
    }
    return build_error("uv could not resolve the requirements of " + question.what);
}

Error Uv::failure(const io::ProcessResult& result, const UvQuestion& question) const {
    std::string said = detail_of(result);
    const auto rename = [&](const auto& list, const std::string& prefix) {
        for (std::size_t n = list.size(); n-- > 0;) {
            const std::string name = prefix + std::to_string(n) + ".txt";
            replace_all(said, folder_.path() / name, list[n].first);
            replace_all(said, name, list[n].first);
        }
    };
    rename(question.files, requirements_prefix);
    rename(question.constraints, constraints_prefix);
    replace_all(said, folder_.path().string() + "/", "");
    Error error = explain(read_uv_failure(said), question);
    error.detail = said;
    return error;
}

Result<std::string> Uv::default_index() {
    if (!settings_->default_index.empty()) return settings_->default_index;
    if (auto written = sys::write_file_atomic(folder_.path() / "none.txt", ""); !written) return written.error();
    if (auto made = make_inert_python(); !made) return made.error();
    auto said = run({"pip", "compile", "--no-config", "--offline", "--quiet", "--no-header", "--emit-index-url",
                     "--python", folder_.path() / "python/bin/python", "none.txt"});
    if (!said) return said.error();
    const std::string before = "--index-url ";
    for (const std::string& line : split(said->out, '\n'))
        if (line.starts_with(before)) return std::string(trim(line.substr(before.size())));
    return machine_error("uv did not say which index it uses", "name one in pip's configuration as `index-url`");
}

}  // namespace tmplbuild
