// SPDX-License-Identifier: Apache-2.0
#include "kernel_job/depot.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "base/json.hpp"
#include "kernel/variant_digest.hpp"
#include "sys/file.hpp"

namespace tmplbuild::job {

namespace {

constexpr std::uint64_t entry_limit = 8U << 20;

// "sha256:0123…" → its first 32 digits, as the image's own variants are named.
std::string short_key(const std::string& key) {
    const std::size_t colon = key.find(':');
    return key.substr(colon == std::string::npos ? 0 : colon + 1, 32);
}

Result<Digest> digest_of(const fs::path& files) {
    auto all = hash_tree(files);
    if (!all) return all.error();
    if (all->empty()) return build_error("'" + files.string() + "' is empty");
    return kernel::variant_digest(*all);
}

std::string host_name() {
    char name[256] = {};
    ::gethostname(name, sizeof name - 1);
    return name;
}

}  // namespace

Depot::Depot(const fs::path& root, const std::string& kernel, const std::string& key)
    : folder_(root / kernel), key_(key), name_("built-" + short_key(key)) {}

fs::path Depot::entry() const { return folder_ / name_; }
fs::path Depot::failure_file() const { return folder_ / (name_ + ".failed"); }
fs::path Depot::lease_file() const { return folder_ / (name_ + ".lease"); }
// Several pods write to one volume, so each uses a name that no other one has.
fs::path Depot::fresh() const {
    return folder_ / (".new-" + name_ + "-" + host_name() + "-" + std::to_string(::getpid()));
}

Result<std::optional<Made>> Depot::find() const {
    std::error_code failed;
    if (!fs::exists(entry() / "variant.json", failed)) return std::optional<Made>();
    auto text = sys::read_file(entry() / "variant.json", entry_limit);
    if (!text) return text.error();
    auto value = json::parse(*text, (entry() / "variant.json").string());
    if (!value) return value.error();
    if (!value->is_object() || json::string_or(value->get_object(), "key", "") != key_)
        return build_error("'" + entry().string() + "' is not of the key " + key_);
    auto digest = digest_of(entry() / "files");
    if (!digest) return digest.error();
    const std::string wanted = json::string_or(value->get_object(), "digest", "");
    if (digest->to_string() != wanted)
        return build_error("the files in '" + entry().string() + "' are not those that were put there");
    return std::optional(Made{entry() / "files", wanted});
}

Result<std::string> Depot::table() const {
    auto text = sys::read_file(entry() / "variant.json", entry_limit);
    if (!text) return text.error();
    auto value = json::parse(*text, (entry() / "variant.json").string());
    if (!value) return value.error();
    if (!value->is_object()) return build_error("'" + entry().string() + "' says nothing about itself");
    return json::string_or(value->get_object(), "table", "");
}

Result<Made> Depot::place(const fs::path& made, const std::string& digest, const std::string& table) {
    auto written = sys::write_file_atomic(
        made / "variant.json",
        json::canonical(json::object{{"version", 1}, {"key", key_}, {"digest", digest}, {"table", table}}));
    if (!written) return written.error();
    if (::rename(made.c_str(), entry().c_str()) == 0) return Made{entry() / "files", digest};
    const int why = errno;
    // Another pod came first; its entry has the same key.
    auto other = find();
    if (other && *other) return **other;
    return os_error("move in place", entry().string(), why);
}

Result<Made> Depot::put(const fs::path& files, const std::string& table) {
    const fs::path made = fresh();
    (void)sys::remove_tree(made);
    Result<void> done = sys::make_directories(made);
    auto digest = digest_of(files);
    if (!digest) return digest.error();
    if (done && ::rename(files.c_str(), (made / "files").c_str()) != 0) done = copy_tree(files, made / "files");
    Result<Made> out = done ? place(made, digest->to_string(), table) : Result<Made>(done.error());
    (void)sys::remove_tree(made);
    return out;
}

Result<Made> Depot::copy_from(const Made& from, const std::string& table) {
    const fs::path made = fresh();
    (void)sys::remove_tree(made);
    Result<void> done = copy_tree(from.files, made / "files");
    Result<Digest> digest = done ? digest_of(made / "files") : Result<Digest>(done.error());
    Result<Made> out = build_error("the copy of '" + from.files.string() + "' is not what was read");
    if (!digest)
        out = digest.error();
    else if (digest->to_string() == from.digest)
        out = place(made, from.digest, table);
    (void)sys::remove_tree(made);
    return out;
}

void Depot::throw_away() {
    const fs::path gone = fresh().string() + "-broken";
    if (::rename(entry().c_str(), gone.c_str()) == 0) (void)sys::remove_tree(gone);
}

void Depot::mark_used() const { ::utimensat(AT_FDCWD, (entry() / "variant.json").c_str(), nullptr, 0); }

std::optional<std::string> Depot::failure() const {
    auto text = sys::read_file(failure_file(), 100'000);
    return text ? std::optional(*text) : std::nullopt;
}

void Depot::remember_failure(const std::string& why) const {
    if (sys::make_directories(folder_))
        (void)sys::write_file_atomic(failure_file(), why);  // if this fails, the next pod tries it again
}

void Depot::forget_failure() const { ::unlink(failure_file().c_str()); }

int collect_unused(const fs::path& root, int days) {
    std::error_code failed;
    std::vector<fs::path> old;
    for (const auto& kernel : fs::directory_iterator(root, failed))
        for (const auto& one : fs::directory_iterator(kernel.path(), failed)) {
            struct stat info {};
            const std::string name = one.path().filename().string();
            const bool left_over = name.starts_with(".new-");
            const fs::path dated = left_over ? one.path() : one.path() / "variant.json";
            if ((!left_over && !name.starts_with("built-")) || ::stat(dated.c_str(), &info) != 0) continue;
            if (info.st_mtime < ::time(nullptr) - std::int64_t{days} * 86'400) old.push_back(one.path());
        }
    int count = 0;
    for (const fs::path& path : old) {
        const fs::path gone = path.parent_path() / (".new-gone-" + path.filename().string());
        if (::rename(path.c_str(), gone.c_str()) != 0) continue;
        (void)sys::remove_tree(gone);
        ++count;
    }
    return count;
}

}  // namespace tmplbuild::job
