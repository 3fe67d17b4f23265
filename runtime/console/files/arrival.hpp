// SPDX-License-Identifier: Apache-2.0
// A file that arrives: written under a name of the console's own, hashed on the way, and given its name only when all
// of it is on the disk. Used by both kinds of uploads. Nothing is ever half there under the name that people see.
#pragma once

#include <openssl/sha.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "console/files/roots.hpp"
#include "console/worker/line.hpp"
#include "sys/kept_folder.hpp"

namespace tmplbuild::console::files {

// SHA-256 that can be kept as text and gone on with by another process of this program.
class RunningHash {
  public:
    RunningHash();
    static std::optional<RunningHash> parse(std::string_view text);

    void update(std::string_view data);
    std::string to_text() const;
    std::string hex() const;  // of what came until now
    std::uint64_t bytes() const { return bytes_; }

  private:
    SHA256_CTX context_{};
    std::uint64_t bytes_ = 0;
};

enum class Conflict { refuse, keep_both, replace };
// By the word that a request says: "refuse", "keep-both" or "replace"; none: "refuse".
Reply<Conflict> conflict_of(std::string_view word);

// Where a file shall arrive. `name` may have folders in it: "a/b.png".
struct Target {
    Place folder{};
    std::string name{};  // bytes
    Conflict conflict = Conflict::refuse;

    // Checks each part of the name. It says nothing about what is there.
    static Reply<Target> of(const Roots& roots, std::string_view folder, std::string_view name,
                            std::string_view conflict);
    Place place() const { return folder.child(name); }
    // Refused with 409 where something is there that stays.
    Reply<void> check_free(const Roots& roots) const;
};

// Refuses what cannot fit, where the file system says how much can. What it says is no promise: writing tells the
// truth.
Reply<void> check_space(int folder, std::uint64_t bytes);
Refusal no_space(std::string_view path, int code);

// Makes what lies under PART in an open folder last, and gives it its name. `modified`: seconds, where they are known.
Reply<Place> give_name(const Roots& roots, const Target& target, int folder, const std::string& part,
                       std::optional<std::int64_t> modified, Line& line);

}  // namespace tmplbuild::console::files
