// SPDX-License-Identifier: Apache-2.0
#include "console/pod/workers.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "base/json.hpp"
#include "base/secret_name.hpp"
#include "console/access/password.hpp"
#include "console/access/tokens.hpp"
#include "console/pod/volume.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace tmplbuild::console {

namespace {

constexpr std::size_t tokens_limit = 64 << 10;
constexpr const char* tokens_file = "tokens.json";

Result<KeptFolder> folder_on(const std::string& volume) { return KeptFolder::open(volume, {".tmplbuild", "console"}); }

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
    const auto folder = folder_on(volume);
    const auto kept = folder ? read_or_make_password(*folder) : Result<KeptPassword>(folder.error());
    if (!kept) return say(json::compact(json::object{{"error", kept.error().message}}));
    return say(json::compact(json::object{{"password", kept->text}, {"made", kept->made}}));
}

int give_tokens(const std::string& volume) {
    if (!is_folder(volume)) return 0;
    const auto folder = folder_on(volume);
    if (!folder) return complain(folder.error().message);
    const auto text = folder->read(tokens_file, tokens_limit);
    if (!text) return complain(text.error().message);
    if (!*text) return 0;  // none were made yet
    return std::fwrite((*text)->data(), 1, (*text)->size(), stdout) == (*text)->size() ? 0 : 1;
}

// Applies the change on its standard input to the tokens that the volume has, and says all that it has then. Pods that
// share the volume wait for each other.
Result<std::string> change_tokens(const std::string& volume) {
    const auto text = sys::read_open_file(0, "the change of tokens", tokens_limit);
    if (!text) return text.error();
    const auto change = TokenChange::parse(*text);
    if (!change) return change.error();
    if (!is_folder(volume)) return machine_error("there is no volume at " + volume);
    const auto folder = folder_on(volume);
    if (!folder) return folder.error();
    const auto lock = folder->lock();
    if (!lock) return lock.error();
    const auto kept = folder->read(tokens_file, tokens_limit);
    if (!kept) return kept.error();
    BearerTokens tokens;
    if (*kept)
        if (const auto taken = tokens.take_over(**kept); !taken) return taken.error();
    tokens.apply(*change);
    if (const auto put = folder->write(tokens_file, tokens.keep()); !put) return put.error();
    return tokens.keep();
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
    if (name == "change-tokens") {
        const auto all = change_tokens(volume);
        return all ? say(*all) : complain(all.error().message);
    }
    return 2;
}

std::vector<std::string> worker_environment(const char* const* environment) {
    std::vector<std::string> out;
    for (const char* const* entry = environment; *entry != nullptr; ++entry) {
        const std::string_view one = *entry;
        if (!one.starts_with("LD_") && !one.starts_with("CONSOLE_PASSWORD=") && !one.starts_with("JUPYTER_PASSWORD="))
            out.emplace_back(one);
    }
    return out;
}

std::vector<std::string> without_secrets(std::vector<std::string> environment) {
    std::erase_if(environment, [](const std::string& one) { return is_secret_name(one.substr(0, one.find('='))); });
    return environment;
}

ChildQuestion worker_question(const std::string& program, std::string_view name,
                              const std::vector<std::string>& environment) {
    return {.argv = {program, "--worker", std::string(name)}, .environment = environment};
}

}  // namespace tmplbuild::console
