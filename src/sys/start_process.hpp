// SPDX-License-Identifier: Apache-2.0
// Starts another program with exactly the session, descriptors, limits, user, directory and environment that the
// request names, or forks a child that stays this program. Used by the pod's programs; the builder starts its tools
// through io/process.hpp. Never waits for a child, never goes through a shell, never changes this process.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::sys {

// What a child was doing when it could not go on.
enum class StartStep { connect, set_limit, set_groups, become_group, become_user, enter_directory, execute };
const char* to_string(StartStep step);  // "enter its directory"

struct StartFailure {
    StartStep step = StartStep::execute;
    int os_code = 0;  // errno
    // Where executing failed: the first file found that cannot be executed, else the name that no folder has.
    std::string program;
};
std::string describe(const StartFailure& failure);  // "cannot enter its directory: Not a directory"

struct ProcessLimit {
    int resource = 0;  // RLIMIT_NOFILE and the like
    rlimit value{};
};

struct ProcessUser {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;  // only root may set them
};

// The session and group of the process; it leads its group in any case.
enum class Standing {
    own_group,    // a group in this process's session, on its terminal
    foreground,   // the same, and where standard input is a terminal, the group becomes its foreground group
    own_session,  // no terminal: a program that asks for a password is refused instead of stopped for ever
};

struct StartRequest {
    std::vector<std::string> argv;         // argv[0] is looked up along `path`, unless it has a '/'
    std::vector<std::string> environment;  // "NAME=value", complete
    std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    // Empty: this process's own. The child enters it, so that a frozen file system blocks the child alone.
    std::string directory{};
    Standing standing = Standing::own_group;
    std::array<int, 3> stdio{-1, -1, -1};  // the child's 0, 1 and 2; -1: this process's own
    std::vector<ProcessLimit> limits{};
    std::optional<mode_t> umask{};
    std::optional<ProcessUser> user{};
    bool ends_with_parent = false;  // killed when the thread that started it ends
    // Words the report of a failure. It is called in the child, after the change of user. Empty: describe().
    std::function<std::string(const StartFailure&)> explain{};
};

struct StartedProcess {
    pid_t pid = 0;
    Fd report;  // to be read: it ends once the program is executed, and before that says why it could not be
};
// An error means that there is no process. In the child, signals have their defaults, none is blocked, and every
// descriptor that is close-on-exec is closed; all descriptors of this program are.
Result<StartedProcess> start_process(const StartRequest& request);
// The report of a process that has ended: empty, or why its program was not executed.
std::string read_report(int report);

// Forks a child that goes on in this program and exits with what `body` returns. -1 and errno where there is none.
pid_t fork_child(const std::function<int()>& body);

struct Pipe {
    Fd read, write;
    static Result<Pipe> make();
};

}  // namespace tmplbuild::sys
