// SPDX-License-Identifier: Apache-2.0
// What was learned once about a model file (its digest, its kind, the link from which it came), kept on the volume
// under the file's path, size, time and inode: a file that was changed since has none. Used by the worker for models. A
// value; KeptFolder writes it.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "catalogue/safetensors.hpp"

namespace tmplbuild::console {

struct FileIdentity {
    std::uint64_t size = 0, inode = 0;
    std::int64_t changed_ns = 0;  // mtime

    static FileIdentity of(const struct stat& info);
    bool operator==(const FileIdentity&) const = default;
};

class KeptFacts {
  public:
    struct Facts {
        FileIdentity identity{};
        std::string sha256{};
        std::string url{};  // from which it was downloaded whole
        std::optional<catalogue::ModelKind> kind{};
        bool operator==(const Facts&) const = default;
    };

    // What makes no sense in it is left out.
    static KeptFacts parse(std::string_view text);
    std::string to_text() const;

    // Of exactly that state of the file.
    const Facts* find(const std::string& path, const FileIdentity& identity) const;
    void set_digest(const std::string& path, const FileIdentity& identity, const std::string& sha256);
    void set_url(const std::string& path, const FileIdentity& identity, const std::string& url);
    void set_kind(const std::string& path, const FileIdentity& identity, catalogue::ModelKind kind);
    // Adds what `other` knows and this does not.
    void merge(const KeptFacts& other);
    bool operator==(const KeptFacts&) const = default;

  private:
    Facts& at(const std::string& path, const FileIdentity& identity);

    std::map<std::string, Facts> facts_;
};

}  // namespace tmplbuild::console
