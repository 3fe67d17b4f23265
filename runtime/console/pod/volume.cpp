// SPDX-License-Identifier: Apache-2.0
#include "console/pod/volume.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/json.hpp"
#include "base/text.hpp"
#include "sys/fd.hpp"
#include "sys/random.hpp"

namespace tmplbuild::console {

namespace {

struct WriteEnd {
    std::string state, reason;
};

std::string words_of_errno(int code) { return std::strerror(code); }

WriteEnd end_of(int code, const std::string& folder) {
    if (code == 0) return {"ok", ""};
    if (code == ENOSPC || code == EDQUOT) return {"full", "nothing more can be written to " + folder + ": it is full"};
    if (code == EROFS) return {"read-only", folder + " is mounted read-only"};
    if (code == ENOENT || code == ENOTDIR) return {"missing", "there is no folder " + folder};
    return {"read-only", "nothing can be written to " + folder + ": " + words_of_errno(code)};
}

// Writes, makes it last and removes it again: a full or a network volume says so at the fsync only.
int try_to_write(const std::string& folder) {
    const std::string file = folder + "/.tmplbuild-probe-" + sys::random_hex(8);
    sys::Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return errno;
    std::array<char, 4096> block{};
    block.fill('t');
    int code = 0;
    const ssize_t put = ::write(fd.get(), block.data(), block.size());
    if (put < 0) code = errno;
    if (code == 0 && put != static_cast<ssize_t>(block.size())) code = ENOSPC;
    if (code == 0 && ::fsync(fd.get()) != 0 && errno != EINVAL) code = errno;
    ::unlink(file.c_str());
    return code;
}

}  // namespace

void measure_volume(const std::string& folder, const std::function<void(const std::string&)>& say) {
    struct stat found {};
    if (::stat(folder.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) {
        const WriteEnd end = end_of(ENOENT, folder);
        return say(json::compact(json::object{{"state", end.state}, {"reason", end.reason}}));
    }
    struct statvfs sizes {};
    if (::statvfs(folder.c_str(), &sizes) == 0 && sizes.f_blocks != 0) {
        const std::uint64_t block = sizes.f_frsize;
        say(json::compact(json::object{{"total", block * sizes.f_blocks},
                                       {"used", block * (sizes.f_blocks - std::min(sizes.f_blocks, sizes.f_bfree))}}));
    }
    const WriteEnd end = end_of(try_to_write(folder), folder);
    say(json::compact(json::object{{"state", end.state}, {"reason", end.reason}}));
}

VolumeFigures judge_volume(std::string_view lines, bool late, const std::string& folder) {
    VolumeFigures out;
    for (const std::string& line : split(lines, '\n')) {
        const auto value = json::parse(line, "the volume worker");
        const json::object* object = value ? value->if_object() : nullptr;
        if (object == nullptr) continue;
        const std::int64_t total = json::int_or(*object, "total", -1), used = json::int_or(*object, "used", -1);
        if (total > 0 && used >= 0 && used <= total) {
            out.total = static_cast<std::uint64_t>(total);
            out.used = static_cast<std::uint64_t>(used);
        }
        const std::string state = json::string_or(*object, "state", "");
        for (const char* known : {"ok", "full", "read-only", "missing"})
            if (state == known) out.state = state;
        out.reason = json::string_or(*object, "reason", "").substr(0, 500);
    }
    if (out.state != "unknown") return out;
    if (late) {
        out.state = "frozen";
        out.reason = folder + " did not answer within 2 s: what is on it cannot be read or written now";
    } else {
        out.reason = "the program that looks at " + folder + " said nothing";
    }
    return out;
}

}  // namespace tmplbuild::console
