// SPDX-License-Identifier: Apache-2.0
#include "podlog/former_pods.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "sys/clock.hpp"

namespace tmplbuild::launch {

namespace {

constexpr const char* sign = "alive";  // a file whose time is the pod's last sign of life
constexpr const char* logs = "logs";
constexpr std::size_t most_pods = 4'096;  // pods that are examined
constexpr std::size_t most_files = 64;    // files that are examined of a pod without a sign
constexpr int files_a_step = 16;          // files that are removed in one step

sys::Fd open_folder(int parent, const std::string& name) {
    return sys::Fd(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// The time of its last change; 0: it does not exist. A link itself is examined, not its target.
std::time_t changed(int folder, const char* name) {
    struct stat facts {};
    return ::fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 ? facts.st_mtim.tv_sec : 0;
}

std::vector<std::string> names_in(int folder, std::size_t most) {
    std::vector<std::string> out;
    sys::Fd copy(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(copy ? ::fdopendir(copy.get()) : nullptr, ::closedir);
    if (!stream) return out;
    (void)copy.release();  // the stream owns it now
    while (out.size() < most) {
        const dirent* entry = ::readdir(stream.get());
        if (entry == nullptr) break;
        const std::string name = entry->d_name;
        if (name != "." && name != "..") out.push_back(name);
    }
    return out;
}

// Whether the launcher could have written this name of a pod.
bool is_pod_name(const std::string& name) {
    return std::all_of(name.begin(), name.end(),
                       [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
}

}  // namespace

FormerPods::FormerPods(std::string folder, std::string own, Limits limits)
    : folder_(std::move(folder)), own_(std::move(own)), limits_(limits) {}

void FormerPods::begin() {
    end();
    open_ = sys::Fd(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!open_) return;
    now_ = sys::time_of_day().tv_sec;
    if (const sys::Fd mine = open_folder(open_.get(), own_)) {
        const sys::Fd file(::openat(mine.get(), sign, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0644));
        struct stat facts {};
        if (file && ::futimens(file.get(), nullptr) == 0 && ::fstat(file.get(), &facts) == 0)
            now_ = facts.st_mtim.tv_sec;
    }
    what_ = Work::listing;
}

void FormerPods::end() {
    what_ = Work::nothing;
    open_.reset();
    pods_.clear();
    next_ = 0;
}

std::string FormerPods::step() {
    switch (what_) {
        case Work::nothing:
            break;
        case Work::listing:
            list();
            break;
        case Work::looking:
            look();
            break;
        case Work::removing:
            return remove_some();
    }
    return {};
}

void FormerPods::list() {
    for (const std::string& name : names_in(open_.get(), most_pods))
        if (name != own_ && is_pod_name(name)) pods_.push_back({.name = name});
    what_ = Work::looking;
}

// The pod's last sign of life; 0: it has no log files. Where an older launcher left no sign, its newest file counts.
std::time_t FormerPods::last_sign(const std::string& pod) const {
    const sys::Fd folder = open_folder(open_.get(), pod);
    const sys::Fd files = folder ? open_folder(folder.get(), logs) : sys::Fd();
    if (!files) return 0;
    std::time_t newest = std::max(changed(files.get(), "."), changed(folder.get(), sign));
    if (is_younger(newest, limits_.running)) return newest;
    for (const std::string& name : names_in(files.get(), most_files))
        newest = std::max(newest, changed(files.get(), name.c_str()));
    return newest;
}

void FormerPods::look() {
    if (next_ == pods_.size()) return choose();
    pods_[next_].seen = last_sign(pods_[next_].name);
    ++next_;
}

void FormerPods::choose() {
    std::erase_if(pods_, [this](const Pod& pod) { return pod.seen == 0 || is_younger(pod.seen, limits_.running); });
    std::sort(pods_.begin(), pods_.end(), [](const Pod& a, const Pod& b) { return a.seen > b.seen; });
    std::size_t kept = 0;
    while (kept < pods_.size() && kept < limits_.most && is_younger(pods_[kept].seen, limits_.oldest)) ++kept;
    pods_.erase(pods_.begin(), pods_.begin() + static_cast<std::ptrdiff_t>(kept));
    next_ = 0;
    what_ = Work::removing;
}

std::string FormerPods::remove_some() {
    if (next_ == pods_.size()) {
        end();
        return {};
    }
    Pod& pod = pods_[next_];
    // The pod has shown a sign of life since, so it is not a former one.
    if (!pod.had_files && last_sign(pod.name) != pod.seen) {
        ++next_;
        return {};
    }
    const sys::Fd folder = open_folder(open_.get(), pod.name);
    const sys::Fd files = folder ? open_folder(folder.get(), logs) : sys::Fd();
    int removed = 0;
    for (const std::string& name : files ? names_in(files.get(), files_a_step) : std::vector<std::string>())
        if (::unlinkat(files.get(), name.c_str(), 0) == 0) ++removed;
    pod.had_files = pod.had_files || removed > 0;
    if (removed > 0) return {};
    ++next_;
    // Anything that is not a log file, such as a folder among them, stays.
    const bool gone = folder && ::unlinkat(folder.get(), logs, AT_REMOVEDIR) == 0;
    if (gone) {
        ::unlinkat(folder.get(), sign, 0);
        ::unlinkat(open_.get(), pod.name.c_str(), AT_REMOVEDIR);
    }
    if (!gone && !pod.had_files) return {};
    return "those of the former pod " + pod.name + " are removed; its last sign of life is " +
           std::to_string((now_ - pod.seen) / 86'400) + " days old";
}

}  // namespace tmplbuild::launch
