// SPDX-License-Identifier: Apache-2.0
// The store's folders, blobs and temporary files.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>

#include "store/store.hpp"
#include "sys/fd.hpp"
#include "sys/file_digest.hpp"
#include "sys/process_mark.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

fs::path Store::default_root() {
    auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
    };
    if (const std::string chosen = variable("TMPLBUILD_CACHE"); !chosen.empty()) return fs::absolute(chosen);
    // XDG Base Directory Specification 0.8: a relative XDG_CACHE_HOME is ignored.
    if (const fs::path xdg = variable("XDG_CACHE_HOME"); xdg.is_absolute()) return xdg / "tmplbuild";
    const std::string home = variable("HOME");
    return fs::path(home.empty() ? "/root" : home) / ".cache" / "tmplbuild";
}

Result<Store> Store::open(const fs::path& root) {
    for (const char* folder : {"blobs/sha256", "records", "index", "tmp"}) {
        std::error_code failed;
        if (fs::is_directory(root / folder, failed)) continue;
        if (auto made = sys::make_directories(root / folder); !made) {
            Error error = made.error();
            error.hint = "set TMPLBUILD_CACHE to a folder that you may write to";
            return error;
        }
    }
    // Links on the way to the store are followed once, here, since runc refuses a root file system that is reached by a
    // link.
    std::error_code failed;
    const fs::path real = fs::canonical(root, failed);
    if (failed) return os_error("look at", root, failed.value());
    return Store(real);
}

fs::path Store::blob_path(const Digest& digest) const { return root_ / "blobs" / "sha256" / digest.hex(); }

bool Store::has_blob(const Digest& digest) const {
    struct stat facts {};
    return ::stat(blob_path(digest).c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
}

Result<std::uint64_t> Store::blob_size(const Digest& digest) const {
    struct stat facts {};
    if (::stat(blob_path(digest).c_str(), &facts) != 0) return os_error("look at", blob_path(digest), errno);
    return static_cast<std::uint64_t>(facts.st_size);
}

// Names begin with a mark of the process that made them, so that sweep_temp() can tell whether it still lives:
// "<mark>-<suffix>".
Result<fs::path> Store::new_temp_file() const { return root_ / "tmp" / (sys::own_mark() + "-" + sys::unique_suffix()); }

Result<sys::TempDirectory> Store::new_temp_directory(std::string_view prefix) const {
    return sys::TempDirectory::make(root_ / "tmp", sys::own_mark() + "-" + std::string(prefix) + "-");
}

// No build takes that long, so an older file of a maker that we cannot see (another machine, an earlier boot, another
// container) belongs to nobody.
static constexpr auto foreign_age = std::chrono::hours(48);

static bool is_left_over(const fs::path& path) {
    const std::string name = path.filename();
    switch (sys::maker_of(std::string_view(name).substr(0, name.find('-')))) {
        case sys::Maker::alive:
            return false;
        case sys::Maker::dead:
            return true;
        case sys::Maker::elsewhere:
            break;
    }
    struct stat facts {};
    if (::lstat(path.c_str(), &facts) != 0) return false;
    const auto changed = std::chrono::system_clock::from_time_t(facts.st_mtim.tv_sec);
    return std::chrono::system_clock::now() - changed > foreign_age;
}

void Store::sweep_temp() const {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(root_ / "tmp", failed))
        // A file that cannot be removed stays: a later build tries again, and nothing in this folder is ever trusted.
        if (is_left_over(entry.path())) (void)sys::remove_tree(entry.path());
}

Result<void> Store::adopt_hashed(const fs::path& file, const Digest& digest) const {
    auto fd = sys::open_fd(file, O_RDONLY);
    if (!fd) return fd.error();
    if (::fchmod(fd->get(), 0444) != 0) return os_error("make read-only", file, errno);
    if (auto synced = sys::sync_fd(fd->get(), file); !synced) return synced.error();
    if (::rename(file.c_str(), blob_path(digest).c_str()) != 0) return os_error("move into the store", file, errno);
    return sys::sync_directory(root_ / "blobs" / "sha256");
}

Error Store::discard_damaged(const Digest& digest) const {
    const fs::path file = blob_path(digest);
    ::unlink(file.c_str());
    return build_error("the blob '" + file.string() + "' was damaged: it did not have its digest",
                       "it is removed from the store: build again, and it is made or fetched again");
}

Result<Digest> Store::adopt_blob(const fs::path& file, const std::optional<Digest>& expected) const {
    auto digest = sys::hash_file(file);
    if (!digest) return digest.error();
    if (expected && *digest != *expected) {
        ::unlink(file.c_str());
        return build_error("content has the digest " + digest->to_string() + ", expected was " + expected->to_string());
    }
    if (auto adopted = adopt_hashed(file, *digest); !adopted) return adopted.error();
    return *digest;
}

Result<void> Store::put_blob(const Digest& digest, std::string_view content) const {
    if (has_blob(digest)) {
        const auto there = sys::read_file(blob_path(digest), content.size());
        if (there && *there == content) return {};  // a differing file is damaged, and written again
    }
    if (Sha256::of(content) != digest) return build_error("content does not have the digest " + digest.to_string());
    auto file = new_temp_file();
    if (!file) return file.error();
    auto fd = sys::open_fd(*file, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!fd) return fd.error();
    auto written = sys::write_all(fd->get(), sys::as_bytes(content), *file);
    if (written) written = adopt_hashed(*file, digest);
    if (!written) ::unlink(file->c_str());
    return written;
}

}  // namespace tmplbuild
