// SPDX-License-Identifier: Apache-2.0
// While it lives, this process reads /proc/PID as the user of that process. Without CAP_SYS_PTRACE, which containers
// lack, root may not see the descriptors and the environment of another user's process; that user may (ptrace(2),
// "Ptrace access mode checking": PTRACE_MODE_FSCREDS asks for the filesystem user). Changes nothing else, and nothing
// at all where the process belongs to our own user. It works for the calling thread alone.
#pragma once

#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <string>

namespace tmplbuild::launch {

class AsOwner {
  public:
    explicit AsOwner(pid_t pid) {
        struct stat facts {};
        if (::stat(("/proc/" + std::to_string(pid)).c_str(), &facts) != 0) return;
        changed_ = facts.st_uid != ::geteuid() || facts.st_gid != ::getegid();
        if (!changed_) return;
        ::setfsgid(facts.st_gid);
        ::setfsuid(facts.st_uid);
    }
    ~AsOwner() {
        if (!changed_) return;
        ::setfsuid(::geteuid());
        ::setfsgid(::getegid());
    }
    AsOwner(const AsOwner&) = delete;
    AsOwner& operator=(const AsOwner&) = delete;

  private:
    bool changed_ = false;
};

}  // namespace tmplbuild::launch
