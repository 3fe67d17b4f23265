// SPDX-License-Identifier: Apache-2.0
// apt and uv without a network and without apt and uv: they answer by what a test puts on offer. For tests of what asks
// them in which order; how the real ones are read is tested with the real ones.
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "io/process.hpp"
#include "resolve/lock.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

class FakeResolvers : public io::ProcessRunner {
  public:
    using Texts = std::vector<std::string>;

    struct Wheel {
        std::string version, content;
        std::uint64_t size = 0;  // that the index says; 0: the content's
    };
    // What is on offer: versions of packages, wheels of projects. What is asked for and is not here does not exist.
    std::map<std::string, std::string> packages{};
    std::map<std::string, Wheel> projects{};
    // What runs of the tools were about, in order: "apt base", "fetch jq", "uv numpy".
    Texts log{};
    std::string lost_network_at{};  // a line of `log` from which on no server answers
    std::function<void(const std::string& line)>
        during{};  // called while a run of a tool lasts, with its line of `log`

    // `folder`: where the machine's own settings of apt lie.
    explicit FakeResolvers(std::filesystem::path folder) : folder_(std::move(folder)) {
        REQUIRE(sys::write_file_atomic(folder_ / "sources.list", "deb http://deb.example/debian bookworm main\n"));
    }

    LockedPackage package(const std::string& name) const {
        const std::string& version = packages.at(name);
        const std::string text = package_text(name, version);
        return {name, version, "amd64", name + "_" + version + "_amd64.deb", Sha256::of(text), text.size()};
    }
    static std::string wheel_url(std::string name, const std::string& version) {
        std::replace(name.begin(), name.end(), '-', '_');
        return "https://index.example/" + name + "-" + version + "-py3-none-any.whl";
    }

    Result<io::ProcessResult> run(const io::Command& command, std::stop_token stop) override {
        if (stop.stop_requested()) return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
        const Texts& argv = command.argv;
        const std::string program = std::filesystem::path(argv.front()).filename();
        if (program == "apt-config") return said("LIST='" + (folder_ / "sources.list").string() + "'\n");
        if (program == "apt-get") return apt(command);
        if (program == "dpkg-deb") return said("Package: some\nVersion: 1\n");
        if (program == "uv") return uv(argv);
        if (program == "python") return ended(41, "", {});  // uv's inert one
        return machine_error("the test has no program " + program);
    }

  private:
    static std::string package_text(const std::string& name, const std::string& version) {
        return "package " + name + " " + version;
    }
    static io::ProcessResult ended(int code, std::string out, Texts tail) {
        io::ProcessResult result;
        result.exit_code = code;
        result.out = std::move(out);
        result.tail = std::move(tail);
        return result;
    }
    static io::ProcessResult said(std::string out) { return ended(0, std::move(out), {}); }
    static io::ProcessResult failed(int code, const std::string& line) { return ended(code, "", {line}); }
    static bool has(const Texts& argv, const std::string& word) {
        return std::find(argv.begin(), argv.end(), word) != argv.end();
    }
    static Texts after(const Texts& argv, const std::string& word) {
        const auto at = std::find(argv.begin(), argv.end(), word);
        return at == argv.end() ? Texts() : Texts(at + 1, argv.end());
    }
    bool is_lost(const std::string& line) {
        log.push_back(line);
        if (during) during(line);
        return !lost_network_at.empty() && has(log, lost_network_at);
    }

    Result<io::ProcessResult> apt(const io::Command& command) {
        const Texts asked = after(command.argv, "--");
        if (has(command.argv, "update")) {
            if (lost_network_at.empty() || !has(log, lost_network_at)) return said("");
            return failed(100,
                          "E: Failed to fetch http://deb.example/debian/InRelease  Could not resolve 'deb.example'");
        }
        if (has(command.argv, "download")) {
            for (const std::string& one : asked) {
                const std::string name = one.substr(0, one.find('='));
                log.push_back("fetch " + name);
                const std::string text = package_text(name, packages.at(name));
                REQUIRE(sys::write_file_atomic(command.directory / package(name).file, text));
            }
            return said("");
        }
        if (is_lost("apt " + join(asked, " ")))
            return failed(100, "E: Failed to fetch http://deb.example/debian/x  Connection failed");
        std::string out;
        for (const std::string& name : asked) {
            if (name.starts_with('?')) continue;  // a pattern
            if (!packages.contains(name)) return failed(100, "E: Unable to locate package " + name);
            const LockedPackage one = package(name);
            out += "'http://deb.example/" + one.file + "' " + one.file + " " + std::to_string(one.size) +
                   " SHA256:" + one.sha256.hex() + "\n";
        }
        return said(out);
    }

    // The names of all requirements, by the files that it is given.
    static std::set<std::string> asked_of(const Texts& argv) {
        std::set<std::string> out;
        for (std::size_t at = 0; at < argv.size(); ++at) {
            if (!argv[at].ends_with(".txt") || argv[at - 1] == "--constraints") continue;
            for (const std::string& line : split(sys::read_file(argv[at]).value(), '\n'))
                if (!line.empty()) out.insert(line.substr(0, line.find_first_of("=<>! ;")));
        }
        return out;
    }

    Result<io::ProcessResult> uv(const Texts& argv) {
        if (has(argv, "--version")) return said("uv 0.9.0\n");
        if (argv[1] == "venv") return said("");
        const std::set<std::string> asked = asked_of(argv);
        if (is_lost("uv " + join({asked.begin(), asked.end()}, " ")))
            return failed(2, "error: Request failed after 3 retries");
        std::string out = "lock-version = \"1.0\"\ncreated-by = \"uv\"\n";
        for (const std::string& name : asked) {
            const auto found = projects.find(name);
            if (found == projects.end()) return failed(1, "No solution found: there is no " + name);
            const auto& [version, content, said_size] = found->second;
            out += "[[packages]]\nname = \"" + name + "\"\nversion = \"" + version + "\"\nwheels = [{ url = \"" +
                   wheel_url(name, version) +
                   "\", size = " + std::to_string(said_size == 0 ? content.size() : said_size) +
                   ", hashes = { sha256 = \"" + Sha256::of(content).hex() + "\" } }]\n";
        }
        REQUIRE(sys::write_file_atomic(after(argv, "--output-file").front(), out));
        return said("");
    }

    std::filesystem::path folder_;
};

}  // namespace tmplbuild
