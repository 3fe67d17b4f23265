// SPDX-License-Identifier: Apache-2.0
#include "console/pod/workers.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/json.hpp"
#include "console/access/password.hpp"
#include "console/pod/volume.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace tmplbuild::console {

namespace {

constexpr std::size_t tokens_limit = 64 << 10;

std::string folder_on(const std::string& volume) { return volume + "/.tmplbuild/console"; }

bool is_folder(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

int say(const std::string& line) { return std::printf("%s\n", line.c_str()) > 0 && std::fflush(stdout) == 0 ? 0 : 1; }

int complain(const std::string& why) {
    std::fprintf(stderr, "console worker: %s\n", why.c_str());
    return 1;
}

// A pod without a volume keeps its password on its own disk: nothing is made in the place of a volume.
int give_password(const std::string& volume) {
    if (!is_folder(volume)) return say(json::compact(json::object{{"error", "there is no volume at " + volume}}));
    const auto kept = read_or_make_password(folder_on(volume));
    if (!kept) return say(json::compact(json::object{{"error", kept.error().message}}));
    return say(json::compact(json::object{{"password", kept->text}, {"made", kept->made}}));
}

int give_tokens(const std::string& volume) {
    const auto text = sys::read_beginning(folder_on(volume) + "/tokens.json", tokens_limit);
    if (!text && text.error().os_code == ENOENT) return 0;  // none were made yet
    if (!text) return complain(text.error().message);
    return std::fwrite(text->data(), 1, text->size(), stdout) == text->size() ? 0 : 1;
}

int keep_tokens(const std::string& volume) {
    const auto text = sys::read_open_file(0, "the tokens", tokens_limit);
    if (!text) return complain(text.error().message);
    if (!is_folder(volume)) return complain("there is no volume at " + volume);
    if (auto made = sys::make_directories(folder_on(volume)); !made) return complain(made.error().message);
    ::chmod(folder_on(volume).c_str(), 0700);
    if (auto put = sys::write_file_atomic(folder_on(volume) + "/tokens.json", *text, 0600); !put)
        return complain(put.error().message);
    return 0;
}

}  // namespace

int run_worker(std::string_view name, const std::string& volume) {
    if (name == "volume") {
        int code = 0;
        measure_volume(volume, [&](const std::string& line) { code |= say(line); });
        return code;
    }
    if (name == "password") return give_password(volume);
    if (name == "read-tokens") return give_tokens(volume);
    if (name == "write-tokens") return keep_tokens(volume);
    return 2;
}

ChildQuestion worker_question(const std::string& program, std::string_view name,
                              const std::vector<std::string>& environment) {
    return {.argv = {program, "--worker", std::string(name)}, .environment = environment};
}

}  // namespace tmplbuild::console
