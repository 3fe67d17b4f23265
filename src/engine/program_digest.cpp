// SPDX-License-Identifier: Apache-2.0
#include "engine/program_digest.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <chrono>

#include "sys/file.hpp"
#include "sys/file_digest.hpp"

namespace tmplbuild {

static constexpr const char* index_kind = "programs-1";

static std::string text_of(const timespec& time) {
    return std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec);
}

Result<Digest> digest_program(const std::filesystem::path& file, const Store& store) {
    struct stat facts {};
    if (::stat(file.c_str(), &facts) != 0) return os_error("look at", file, errno);
    const Digest identity =
        Sha256::of(file.string() + "\n" + std::to_string(facts.st_dev) + " " + std::to_string(facts.st_ino) + " " +
                   std::to_string(facts.st_size) + " " + text_of(facts.st_mtim) + " " + text_of(facts.st_ctim));
    if (const auto known = store.find_index(index_kind, identity); known && known->is_object())
        if (auto digest = Digest::parse(json::string_or(known->get_object(), "digest", ""))) return *digest;
    auto digest = sys::hash_file(file);
    const auto age = std::chrono::system_clock::now() - std::chrono::system_clock::from_time_t(facts.st_ctim.tv_sec);
    // The record only saves time; a store that cannot be written to reports that where it matters.
    if (digest && age > std::chrono::seconds(2))
        (void)store.put_index(index_kind, identity, json::object{{"digest", digest->to_string()}});
    return digest;
}

}  // namespace tmplbuild
