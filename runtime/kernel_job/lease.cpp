// SPDX-License-Identifier: Apache-2.0
#include "kernel_job/lease.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.hpp"
#include "sys/clock.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"
#include "sys/process_mark.hpp"
#include "sys/random.hpp"

namespace tmplbuild::job {

static constexpr std::size_t name_limit = 4096;
static constexpr const char* maker = "made by ";

static std::int64_t clock_seconds() { return sys::monotonic_ms() / 1000; }

std::vector<std::string> names_of_pod(const std::string& platform_id, const fs::path& own_disk) {
    std::vector<std::string> out;
    if (!platform_id.empty()) out.push_back("id " + platform_id);
    const fs::path file = own_disk / "pod-number";
    auto number = sys::read_file(file, name_limit);
    if (!number) {
        const std::string made = sys::random_hex(16);
        if (!made.empty() && sys::write_file_atomic(file, made)) number = made;
    }
    if (number && !number->empty()) out.push_back("disk " + *number);
    return out;
}

Lease::~Lease() {
    if (ours_) ::unlink(file_.c_str());
}

// The file's lines are this pod's names and, last, the process that made it.
bool Lease::make() {
    const sys::Fd file(::open(file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file) return false;
    std::string text;
    for (const std::string& name : names_) text += name + "\n";
    text += std::string(maker) + sys::own_mark() + "\n";
    // Without its text, the file is still a lease.
    (void)sys::write_all(file.get(), sys::as_bytes(text), file_.string());
    return true;
}

bool Lease::take() {
    for (int tries = 0; tries < 2; ++tries) {
        ours_ = make();
        if (ours_) return true;
        if (errno != EEXIST) return true;  // there is no place for a lease, so the compile goes on without one
        if (!is_left_over()) return false;
        break_it();
    }
    return false;
}

bool Lease::is_of_this_pod() const {
    const auto text = sys::read_file(file_, name_limit);
    if (!text) return false;
    for (const std::string& line : split(*text, '\n'))
        if (std::find(names_.begin(), names_.end(), line) != names_.end()) return true;
    return false;
}

// Whether this pod made it, by a process that has ended since.
bool Lease::is_left_over() const {
    if (!is_of_this_pod()) return false;
    const auto text = sys::read_file(file_, name_limit);
    const std::size_t at = text ? text->rfind(maker) : std::string::npos;
    if (at == std::string::npos) return true;
    const std::string mark(trim(text->substr(at + std::string_view(maker).size())));
    return sys::maker_of(mark) != sys::Maker::alive;
}

bool Lease::observe_renewal(std::int64_t seconds) {
    struct stat info {};
    if (::stat(file_.c_str(), &info) != 0) return false;
    const std::string now = std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec);
    if (now != seen_) {
        seen_ = now;
        seen_since_ = clock_seconds();
    }
    return clock_seconds() - seen_since_ < seconds;
}

void Lease::break_it() const { ::unlink(file_.c_str()); }

void Lease::renew() const {
    if (ours_) ::utimensat(AT_FDCWD, file_.c_str(), nullptr, 0);
}

}  // namespace tmplbuild::job
