// SPDX-License-Identifier: Apache-2.0
#include "kernel_job/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <span>
#include <vector>

#include "sys/fd.hpp"
#include "sys/file.hpp"
#include "sys/file_digest.hpp"

namespace tmplbuild::job {

namespace {

Result<void> copy_one(const fs::path& from, const fs::path& to) {
    const auto in = sys::open_fd(from, O_RDONLY | O_NOFOLLOW);
    if (!in) return in.error();
    struct stat info {};
    if (::fstat(in->get(), &info) != 0) return os_error("read", from.string(), errno);
    const auto out = sys::open_fd(to, O_WRONLY | O_CREAT | O_EXCL, (info.st_mode & 0111U) != 0 ? 0755 : 0644);
    if (!out) return out.error();
    std::vector<std::byte> buffer(256 << 10);
    for (std::size_t got = buffer.size(); got == buffer.size();) {
        const auto read = sys::read_full(in->get(), buffer, from.string());
        if (!read) return read.error();
        got = *read;
        if (auto put = sys::write_all(out->get(), std::span(buffer).first(got), to.string()); !put) return put;
    }
    return sys::sync_fd(out->get(), to.string());
}

Result<Digest> hash_one(const fs::path& path) {
    const auto file = sys::open_fd(path, O_RDONLY | O_NOFOLLOW);
    if (!file) return file.error();
    return sys::hash_open_file(file->get(), path.string());
}

}  // namespace

Result<std::map<std::string, Digest>> hash_tree(const fs::path& folder) {
    std::map<std::string, Digest> out;
    std::error_code failed;
    fs::recursive_directory_iterator at(folder, failed), end;
    for (; !failed && at != end; at.increment(failed)) {
        const fs::file_status status = at->symlink_status(failed);
        if (failed) break;
        if (fs::is_directory(status)) continue;
        if (!fs::is_regular_file(status))
            return build_error("'" + at->path().string() + "' is neither a file nor a folder");
        auto digest = hash_one(at->path());
        if (!digest) return digest.error();
        out[at->path().lexically_relative(folder).string()] = *digest;
    }
    if (failed) return os_error("read", folder.string(), failed.value());
    return out;
}

Result<void> copy_tree(const fs::path& from, const fs::path& to) {
    if (auto made = sys::make_directories(to); !made) return made;
    std::error_code failed;
    fs::recursive_directory_iterator at(from, failed), end;
    for (; !failed && at != end; at.increment(failed)) {
        const fs::path target = to / at->path().lexically_relative(from);
        const fs::file_status status = at->symlink_status(failed);
        if (failed) break;
        Result<void> done;
        if (fs::is_directory(status))
            done = sys::make_directories(target);
        else if (fs::is_regular_file(status))
            done = copy_one(at->path(), target);
        else if (fs::is_symlink(status))
            fs::copy_symlink(at->path(), target, failed);
        if (!done) return done;
    }
    if (failed) return os_error("copy", from.string(), failed.value());
    return {};
}

}  // namespace tmplbuild::job
