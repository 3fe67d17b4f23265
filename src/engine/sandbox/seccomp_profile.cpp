// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/seccomp_profile.hpp"

#include <sched.h>
#include <sys/personality.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace tmplbuild {

namespace {

// Grouped by subject. runc leaves out a name that the installed libseccomp does not know; the call is then refused with
// ENOSYS, as by a Linux that lacks it. Calls that end in 32, 64 or _time64 are those of 32-bit programs.
constexpr std::string_view files =
    "access chdir chmod chown chown32 chroot close close_range copy_file_range creat dup dup2 dup3 faccessat "
    "faccessat2 "
    "fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl "
    "fcntl64 fdatasync fgetxattr flistxattr flock fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 "
    "fsync "
    "ftruncate ftruncate64 futimesat getcwd getdents getdents64 getxattr getxattrat inotify_add_watch inotify_init "
    "inotify_init1 inotify_rm_watch ioctl lchown lchown32 lgetxattr link linkat listxattr listxattrat llistxattr "
    "_llseek "
    "lremovexattr lseek lsetxattr lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open openat "
    "openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readdir readlink readlinkat readv "
    "removexattr removexattrat rename renameat renameat2 rmdir sendfile sendfile64 setxattr setxattrat splice stat "
    "stat64 "
    "statfs statfs64 statx symlink symlinkat sync sync_file_range syncfs tee truncate truncate64 umask unlink unlinkat "
    "utime utimensat utimensat_time64 utimes write writev";
constexpr std::string_view memory =
    "brk cachestat madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap "
    "mmap2 "
    "mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease "
    "remap_file_pages";
constexpr std::string_view processes =
    "alarm arch_prctl capget capset execve execveat exit exit_group fork getcpu getegid getegid32 geteuid geteuid32 "
    "getgid "
    "getgid32 getgroups getgroups32 getitimer getpgid getpgrp getpid getppid getpriority getresgid getresgid32 "
    "getresuid "
    "getresuid32 getrlimit get_robust_list getrusage getsid get_thread_area gettid getuid getuid32 ioprio_get "
    "ioprio_set "
    "kill landlock_add_rule landlock_create_ruleset landlock_restrict_self modify_ldt nice pause pidfd_open "
    "pidfd_send_signal prctl prlimit64 rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn "
    "rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_getaffinity sched_getattr "
    "sched_getparam sched_get_priority_max sched_get_priority_min sched_getscheduler sched_rr_get_interval "
    "sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield "
    "seccomp "
    "setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setpgid setpriority "
    "setregid "
    "setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit set_robust_list setsid "
    "set_thread_area set_tid_address setuid setuid32 sigaction sigaltstack signal sigpending sigprocmask sigreturn "
    "sigsuspend tgkill times tkill ugetrlimit uname vfork wait4 waitid waitpid";
constexpr std::string_view waiting =
    "epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd "
    "eventfd2 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake io_cancel io_destroy io_getevents "
    "io_pgetevents io_pgetevents_time64 io_setup io_submit _newselect pipe pipe2 poll ppoll ppoll_time64 pselect6 "
    "pselect6_time64 restart_syscall select signalfd signalfd4";
constexpr std::string_view time_and_machine =
    "adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 "
    "clock_nanosleep clock_nanosleep_time64 getrandom gettimeofday nanosleep sysinfo time timer_create timer_delete "
    "timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime "
    "timerfd_gettime64 timerfd_settime timerfd_settime64";
// some 32-bit programs make sockets by socketcall, whose arguments a filter cannot see
constexpr std::string_view talking =
    "accept accept4 bind connect getpeername getsockname getsockopt ipc listen mq_getsetattr mq_notify mq_open "
    "mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd "
    "recv "
    "recvfrom recvmmsg recvmmsg_time64 recvmsg semctl semget semop semtimedop semtimedop_time64 send sendmmsg sendmsg "
    "sendto setsockopt shmat shmctl shmdt shmget shutdown socketcall socketpair";
constexpr std::string_view tracing = "process_vm_readv process_vm_writev ptrace";

void add_words(json::array& out, std::string_view words) {
    while (!words.empty()) {
        const std::size_t end = words.find(' ');
        out.emplace_back(words.substr(0, end));
        words.remove_prefix(end == std::string_view::npos ? words.size() : end + 1);
    }
}

json::object allow_first_argument(const char* name, const char* how, std::uint64_t value) {
    return {{"names", json::array{name}},
            {"action", "SCMP_ACT_ALLOW"},
            {"args", json::array{json::object{{"index", 0}, {"value", value}, {"valueTwo", 0}, {"op", how}}}}};
}

}  // namespace

json::object seccomp_profile(SeccompUse use) {
    json::array names;
    for (const std::string_view words : {files, memory, processes, waiting, time_and_machine, talking})
        add_words(names, words);
    if (use == SeccompUse::pod) add_words(names, tracing);
    json::array rules{json::object{{"names", std::move(names)}, {"action", "SCMP_ACT_ALLOW"}}};

    std::vector<std::uint64_t> families{AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
    if (use == SeccompUse::pod) families.push_back(AF_PACKET);
    // Compared for equality: Linux uses 32 bits of the 64 that a filter compares, so a "not equal" could be bypassed.
    for (const std::uint64_t family : families) rules.push_back(allow_first_argument("socket", "SCMP_CMP_EQ", family));
    // The default personality, with and without 32-bit limits and fixed addresses (debuggers, setarch -R), and the
    // question for the present one.
    for (const std::uint64_t persona : {0x0ULL, 0x8ULL, 0x20000ULL, 0x20008ULL, 0xffffffffULL})
        rules.push_back(allow_first_argument("personality", "SCMP_CMP_EQ", persona));
    // New threads and processes are permitted, but none in a namespace of its own.
    json::object clone = allow_first_argument(
        "clone", "SCMP_CMP_MASKED_EQ",
        CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET);
    rules.push_back(std::move(clone));
    rules.push_back(json::object{{"names", json::array{"clone3"}}, {"action", "SCMP_ACT_ERRNO"}, {"errnoRet", ENOSYS}});
    return {{"defaultAction", "SCMP_ACT_ERRNO"},
            {"defaultErrnoRet", EPERM},
            // A call of the x32 ABI ends its program: nothing is built for it, and its rules would cost each step 15
            // ms.
            {"architectures", json::array{"SCMP_ARCH_X86_64", "SCMP_ARCH_X86"}},
            {"syscalls", std::move(rules)}};
}

}  // namespace tmplbuild
