// SPDX-License-Identifier: Apache-2.0
// What is remembered on disk of an upload that is not over: where the registry keeps it and how much of it there may
// be. So a push that was killed goes on. One file a blob and repository, <store>/uploads/<hex>.json, there only whole,
// read by its owner alone (the URL lets whoever has it write). For BlobUpload. Never holds logins, and nothing in it is
// believed: the registry is asked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/reference.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::registry {

struct KnownUpload {
    std::string url;              // for the next request
    std::uint64_t confirmed = 0;  // bytes that the registry said it has
    std::uint64_t begun = 0;      // bytes that may have been sent; it cannot have more
    bool operator==(const KnownUpload&) const = default;
};

// Of one blob on its way to one repository. It has a lock as long as it lives: where another process sends the same
// blob there, this one remembers nothing and knows nothing, and so makes an upload of its own.
class UploadRecord {
  public:
    static UploadRecord none() { return UploadRecord(); }
    static Result<UploadRecord> open(const std::filesystem::path& folder, const Reference& image, const Digest& digest,
                                     std::uint64_t size);
    UploadRecord(UploadRecord&& other) noexcept;
    ~UploadRecord();  // without an upload in it, its files go

    // Of an earlier push, at most a week old: registries remove what lies longer.
    const std::optional<KnownUpload>& known() const { return known_; }
    Result<void> remember(const KnownUpload& upload);
    void forget();

  private:
    UploadRecord() = default;
    void read();

    std::filesystem::path file_{};  // its lock is beside it, without ".json"
    std::string identity_{};        // what must stand in the file
    std::optional<sys::Fd> lock_{};
    std::optional<KnownUpload> known_{};
};

// Takes away what is older than registries keep, of pushes that never came back; not what an upload on its way holds.
void sweep_uploads(const std::filesystem::path& folder);

}  // namespace tmplbuild::registry
