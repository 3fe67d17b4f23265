// SPDX-License-Identifier: Apache-2.0
#include "io/tool_start.hpp"

#define BOOST_PROCESS_USE_STD_FS  // otherwise it needs Boost.Filesystem

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/core/exchange.hpp>
#include <boost/optional.hpp>
#include <boost/type_traits/decay.hpp>
#include <boost/type_traits/is_convertible.hpp>
#include <cerrno>
#include <csignal>

// These headers use the five above, and would include them only with Boost.Filesystem.
#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/process/v2/process.hpp>

namespace tmplbuild::io {

namespace process = boost::process::v2;
using boost::system::error_code;

namespace {

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
    std::vector<const char*> out;
    out.reserve(texts.size() + 1);
    for (const std::string& text : texts) out.push_back(text.c_str());
    out.push_back(nullptr);
    return out;
}

// As under nohup(1): a builder that ignores SIGHUP starts tools that ignore it too.
bool hangup_is_ignored() {
    struct sigaction now {};
    return ::sigaction(SIGHUP, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

// Descriptors of this program are close-on-exec, except the two ends of the Boost launcher's own pipe for a moment: a
// tool that another thread starts in that moment would hold the pipe open, and this start would wait for that tool's
// end.
void close_all_on_exec() {
    if (::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
    rlimit limit{};  // for Linux before 5.11
    const int last =
        ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536 ? static_cast<int>(limit.rlim_cur) : 65536;
    for (int fd = 3; fd < last; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

// The functions that Boost's launcher calls. The second half runs in the child between fork() and execve(), where only
// async-signal-safe calls are allowed.
class Hooks {
  public:
    explicit Hooks(const ToolStart& tool)
        : tool_(tool), environment_(pointers(tool.environment)), hangup_ignored_(hangup_is_ignored()) {}

    error_code on_setup(process::posix::default_launcher& launcher, const std::filesystem::path&,
                        const char* const*) const {
        launcher.env = environment_.data();
        return {};
    }

    error_code on_exec_setup(process::posix::default_launcher&, const std::filesystem::path&,
                             const char* const*) const {
        if (tool_.own_group) ::setpgid(0, 0);
        // A builder that is killed must leave no compiler running.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent_) ::_exit(127);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGQUIT, SIGCHLD, SIGXFSZ}) ::signal(number, SIG_DFL);
        if (!hangup_ignored_) ::signal(SIGHUP, SIG_DFL);
        for (int to = 0; to < 3; ++to) {
            const int from = tool_.stdio[static_cast<std::size_t>(to)];
            if (from != to && ::dup2(from, to) < 0) return failure();
        }
        close_all_on_exec();
        if (!tool_.directory.empty() && ::chdir(tool_.directory.c_str()) != 0) return failure();
        return {};
    }

    // Takes any arguments, since the launcher checks for them in one order and passes them in another. Without this
    // hook it would call exit(), which runs this program's own exit handlers in the child.
    template <class... Arguments>
    void on_exec_error(Arguments&&...) const {
        ::_exit(127);
    }

  private:
    // The launcher reports errno, and ignores this code.
    static error_code failure() { return {errno, boost::system::system_category()}; }

    const ToolStart& tool_;
    std::vector<const char*> environment_;
    pid_t parent_ = ::getpid();
    bool hangup_ignored_;
};

// The launcher does not reap a process whose program was not executed.
void reap(pid_t pid, bool kill) {
    if (pid <= 0) return;
    if (kill) ::kill(pid, SIGKILL);
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
}

Error not_started(const ToolStart& tool, int why) {
    Error error = os_error("start", tool.argv[0], why);
    error.kind = ErrorKind::machine;
    return error;
}

}  // namespace

Result<pid_t> start_tool(const ToolStart& tool) {
    const Hooks hooks(tool);
    boost::asio::io_context context(1);  // the launcher re-creates it in the child, and an empty one costs little
    std::vector<const char*> argv = pointers(tool.argv);
    process::posix::default_launcher launcher;
    error_code failed;
    try {
        auto child = launcher(context.get_executor(), failed, tool.program, argv.data(), hooks);
        if (failed) {
            reap(launcher.pid, false);
            return not_started(tool, failed.value());
        }
        (void)
            // Its own wait would lose wait4(2)'s rusage, and its destructor would kill whichever process then has the
            // pid.
            child.detach();
    } catch (const boost::system::system_error& error) {
        // It was started, and there is no pidfd for it.
        reap(launcher.pid, true);
        return not_started(tool, error.code().value());
    }
    // Done by parent and child, so that neither depends on the other being first.
    if (tool.own_group) ::setpgid(launcher.pid, launcher.pid);
    return launcher.pid;
}

}  // namespace tmplbuild::io
