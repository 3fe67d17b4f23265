// SPDX-License-Identifier: Apache-2.0
#include "kernel_job/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace tmplbuild::job {

namespace {

class File {
  public:
    File(const fs::path& path, int flags, mode_t mode = 0) : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int fd() const { return fd_; }

  private:
    int fd_;
};

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t put = ::write(fd, text.data(), text.size());
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
}

// Reads a whole file in parts; 0, or errno.
template <class Take>
int read_parts(int fd, Take take) {
    std::array<char, 262144> buffer{};
    for (;;) {
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        if (got == 0) return 0;
        if (const int why = take(std::string_view(buffer.data(), static_cast<std::size_t>(got))); why != 0) return why;
    }
}

Result<Digest> hash_file(const fs::path& path) {
    const File file(path, O_RDONLY | O_NOFOLLOW);
    if (file.fd() < 0) return os_error("read", path.string(), errno);
    Sha256 hash;
    const int why = read_parts(file.fd(), [&](std::string_view part) {
        hash.update(part);
        return 0;
    });
    if (why != 0) return os_error("read", path.string(), why);
    return hash.finish();
}

Result<void> copy_one(const fs::path& from, const fs::path& to) {
    struct stat info {};
    const File in(from, O_RDONLY | O_NOFOLLOW);
    if (in.fd() < 0 || ::fstat(in.fd(), &info) != 0) return os_error("read", from.string(), errno);
    const File out(to, O_WRONLY | O_CREAT | O_EXCL, (info.st_mode & 0111U) != 0 ? 0755 : 0644);
    if (out.fd() < 0) return os_error("write", to.string(), errno);
    const int why = read_parts(in.fd(), [&](std::string_view part) { return write_all(out.fd(), part) ? 0 : errno; });
    if (why != 0) return os_error("copy " + from.string() + " to", to.string(), why);
    if (::fsync(out.fd()) != 0) return os_error("write", to.string(), errno);
    return {};
}

}  // namespace

Result<std::string> read_text(const fs::path& path, std::size_t limit) {
    const File file(path, O_RDONLY);
    if (file.fd() < 0) return os_error("read", path.string(), errno);
    std::string text;
    const int why = read_parts(file.fd(), [&](std::string_view part) {
        text += part;
        return text.size() > limit ? EFBIG : 0;
    });
    if (why != 0) return os_error("read", path.string(), why);
    return text;
}

Result<void> write_whole(const fs::path& path, std::string_view content) {
    const fs::path made = path.string() + ".new-" + std::to_string(::getpid());
    int why = 0;
    {
        const File file(made, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        if (file.fd() < 0) return os_error("write", path.string(), errno);
        if (!write_all(file.fd(), content) || ::fsync(file.fd()) != 0) why = errno;
    }
    if (why == 0 && ::rename(made.c_str(), path.c_str()) != 0) why = errno;
    if (why == 0) return {};
    ::unlink(made.c_str());
    return os_error("write", path.string(), why);
}

Result<void> make_folders(const fs::path& folder) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed) return os_error("make the folder", folder.string(), failed.value());
    return {};
}

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
        auto digest = hash_file(at->path());
        if (!digest) return digest.error();
        out[at->path().lexically_relative(folder).string()] = *digest;
    }
    if (failed) return os_error("read", folder.string(), failed.value());
    return out;
}

Result<void> copy_tree(const fs::path& from, const fs::path& to) {
    if (auto made = make_folders(to); !made) return made;
    std::error_code failed;
    fs::recursive_directory_iterator at(from, failed), end;
    for (; !failed && at != end; at.increment(failed)) {
        const fs::path target = to / at->path().lexically_relative(from);
        const fs::file_status status = at->symlink_status(failed);
        if (failed) break;
        Result<void> done;
        if (fs::is_directory(status))
            done = make_folders(target);
        else if (fs::is_regular_file(status))
            done = copy_one(at->path(), target);
        else if (fs::is_symlink(status))
            fs::copy_symlink(at->path(), target, failed);
        if (!done) return done;
    }
    if (failed) return os_error("copy", from.string(), failed.value());
    return {};
}

void remove_quietly(const fs::path& path) {
    std::error_code failed;
    fs::remove_all(path, failed);
}

Result<void> rename_path(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return os_error("move in place", to.string(), errno);
    return {};
}

}  // namespace tmplbuild::job
