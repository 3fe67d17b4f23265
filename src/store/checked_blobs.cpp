// SPDX-License-Identifier: Apache-2.0
#include "store/checked_blobs.hpp"
#include "sys/file_digest.hpp"

#include <sys/stat.h>

#include <chrono>
#include <thread>

namespace tmplbuild {

namespace fs = std::filesystem;

static constexpr const char* index_kind = "checked-blobs";
static constexpr auto clock_tick = std::chrono::milliseconds(20);  // the kernel's slowest (HZ=100), twice

static std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000LL + time.tv_nsec; }

CheckedBlobs::CheckedBlobs(const Store& store, const fs::path& folder) : store_(store), folder_(folder) {
    std::error_code failed;
    const fs::path real = fs::weakly_canonical(folder, failed);
    name_ = Sha256::of(failed ? folder.string() : real.string());
    const auto document = store.find_index(index_kind, name_);
    if (!document || !document->is_object()) return;
    for (const auto& entry : document->get_object()) {
        const auto digest = Digest::parse_hex(entry.key());
        const json::array* numbers = entry.value().if_array();
        if (!digest || numbers == nullptr || numbers->size() != 5) continue;
        std::int64_t n[5] = {};
        for (std::size_t i = 0; i < 5; ++i)
            if (const auto* number = (*numbers)[i].if_int64()) n[i] = *number;
        known_[*digest] = {static_cast<std::uint64_t>(n[0]), static_cast<std::uint64_t>(n[1]),
                           static_cast<std::uint64_t>(n[2]), n[3], n[4]};
    }
}

bool CheckedBlobs::look(const Digest& digest, Facts& facts) const {
    struct stat info {};
    if (::stat((folder_ / digest.hex()).c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
    facts = {info.st_dev, info.st_ino, static_cast<std::uint64_t>(info.st_size), nanoseconds(info.st_mtim),
             nanoseconds(info.st_ctim)};
    return true;
}

Result<bool> CheckedBlobs::is_sound(const Digest& digest) {
    if (const auto found = fresh_.find(digest); found != fresh_.end()) return found->second;
    Facts facts;
    if (!look(digest, facts)) return false;
    if (const auto found = known_.find(digest); found != known_.end() && found->second == facts) return true;
    auto hashed = sys::hash_file(folder_ / digest.hex());
    if (!hashed) return hashed.error();
    return fresh_[digest] = *hashed == digest;
}

Result<void> CheckedBlobs::save() {
    if (fresh_.empty()) return {};
    std::this_thread::sleep_for(clock_tick);
    for (const auto& [digest, sound] : fresh_) {
        Facts facts;
        if (sound && look(digest, facts))
            known_[digest] = facts;
        else
            known_.erase(digest);
    }
    fresh_.clear();
    json::object out;
    for (const auto& [digest, facts] : known_) {
        Facts now;
        if (!look(digest, now)) continue;  // the file is gone since
        const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
        out[digest.hex()] =
            json::array{number(facts.device), number(facts.inode), number(facts.size), facts.modified, facts.changed};
    }
    return store_.put_index(index_kind, name_, out);
}

}  // namespace tmplbuild
