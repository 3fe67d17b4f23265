// SPDX-License-Identifier: Apache-2.0
#include "engine/base/measure_root.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "engine/python/interpreter.hpp"

namespace tmplbuild {

namespace {

constexpr std::uint64_t release_limit = 64 << 10;  // bytes
constexpr std::uint64_t libc_limit = 64 << 20;     // bytes
constexpr int folder_depth = 3;
constexpr std::size_t folder_limit = 20'000;  // names that are examined; no real system has more in its upper folders
constexpr std::size_t value_limit = 64;       // bytes of one word of os-release

// A word of os-release(5): ID, VERSION_ID and VERSION_CODENAME only hold letters, digits and a few marks.
std::string os_release(const std::string& text, const std::string& key) {
    for (const std::string& line : split(text, '\n')) {
        if (!line.starts_with(key + "=")) continue;
        std::string value = line.substr(key.size() + 1);
        const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'');
        if (quoted && value.back() == value.front()) value = value.substr(1, value.size() - 2);
        const bool word = std::all_of(value.begin(), value.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   std::string_view("._+-").find(c) != std::string_view::npos;
        });
        return word && value.size() <= value_limit ? value : std::string();
    }
    return {};
}

std::string release_text(const sys::Beneath& root) {
    for (const char* place : {"etc/os-release", "usr/lib/os-release"})
        if (auto text = root.read_file(place, release_limit)) return *text;
    return {};
}

class Folders {
  public:
    explicit Folders(const sys::Beneath& root) : root_(root) {}

    FolderFacts measure() {
        look("", folder_depth);
        return std::move(facts_);
    }

  private:
    void look(const std::string& folder, int depth) {
        const auto names = root_.list(folder.empty() ? "." : folder);
        if (!names) return;
        for (const std::string& name : *names) {
            if (++seen_ > folder_limit) return;
            const std::string path = folder.empty() ? name : folder + "/" + name;
            // The facts are written as JSON, which only holds UTF-8.
            if (!is_utf8(name)) continue;
            const auto info = root_.link_status(path);
            if (!info || !*info) continue;
            if (S_ISLNK((*info)->st_mode)) {
                // The final target, after every link on the way, which never leads out of the root.
                const auto target = root_.real_path(path);
                if (target && *target && !(*target)->empty() && root_.is_folder(path)) facts_.symlinks[path] = **target;
            } else if (S_ISDIR((*info)->st_mode)) {
                const FolderFacts::Folder found{(*info)->st_mode & 07777, (*info)->st_uid, (*info)->st_gid};
                if (found != FolderFacts::Folder{}) facts_.folders[path] = found;
                if (depth > 1) look(path, depth - 1);
            }
        }
    }

    const sys::Beneath& root_;
    FolderFacts facts_;
    std::size_t seen_ = 0;
};

Result<void> measure_interpreters(SandboxSession& session, const sys::Beneath& root, const std::string& path,
                                  const std::vector<std::string>& asked, BaseContract& contract, StepContext& context) {
    std::vector<std::string> all = asked;
    all.insert(all.begin(), "3");  // the `python3` that is taken where nothing else is named
    for (const std::string& wanted : all) {
        const auto program = find_interpreter(root, path, wanted);
        if (!program) continue;
        auto facts = ask_interpreter(session, *program, context.stop);
        if (!facts && facts.error().kind == ErrorKind::build) {
            context.progress.message("the base's " + *program + " is not used as a Python: " + facts.error().message);
            continue;
        }
        if (!facts) return facts.error();
        if (wanted == "3")
            contract.python = *facts;
        else
            contract.interpreters[wanted] = *facts;
    }
    return {};
}

}  // namespace

FolderFacts measure_folders(const sys::Beneath& root) { return Folders(root).measure(); }

std::string glibc_version(const sys::Beneath& root) {
    // The text of libc.so.6 has its version: "GNU C Library (Debian GLIBC 2.36-9…) stable release version 2.36."
    for (const char* place : {"lib/x86_64-linux-gnu/libc.so.6", "usr/lib/x86_64-linux-gnu/libc.so.6", "lib64/libc.so.6",
                              "usr/lib64/libc.so.6"}) {
        const auto text = root.read_file(place, libc_limit);
        static constexpr std::string_view words = "stable release version ";
        const std::size_t at = text ? text->find(words) : std::string::npos;
        if (at == std::string::npos) continue;
        std::string version = text->substr(at + words.size(), 16);
        version = version.substr(0, version.find_first_not_of("0123456789."));
        while (version.ends_with('.')) version.pop_back();
        return version;
    }
    return {};
}

std::string release_name(const sys::Beneath& root) { return os_release(release_text(root), "VERSION_CODENAME"); }

Result<BaseContract> measure_root(SandboxSession& session, const std::string& path,
                                  const std::vector<std::string>& interpreters, StepContext& context) {
    auto root = sys::Beneath::open(session.root(), sys::Outside::is_root);
    if (!root) return root.error();
    BaseContract contract;
    const std::string release = release_text(*root);
    contract.distribution = std::string(trim(os_release(release, "ID") + " " + os_release(release, "VERSION_ID")));
    contract.glibc = glibc_version(*root);
    contract.folders = measure_folders(*root);
    if (auto measured = measure_interpreters(session, *root, path, interpreters, contract, context); !measured)
        return measured.error();
    return contract;
}

}  // namespace tmplbuild
