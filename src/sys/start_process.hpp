// SPDX-License-Identifier: Apache-2.0
// Starts another program, as exactly as it is asked: where it stands, its descriptors, limits, user, directory and
// environment; or a child that stays this program. Used by the launcher, its probe and its kernel job; the builder's
// tools are started by io/process.hpp. Never waits for a child, never goes through a shell, never changes this process.
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
    int os_code = 0;      // errno
    std::string program;  // of `execute`: the first file there that could not be, else the name that was in no folder
};
std::string describe(const StartFailure& failure);  // "cannot enter its directory: Not a directory"

struct ProcessLimit {
    int resource = 0;  // RLIMIT_NOFILE and the like
    rlimit value{};
};

struct ProcessUser {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;  // set by root alone: nobody else may
};

// Where the process stands; it is the leader of its group in any case.
enum class Standing {
    own_group,    // of this process's session and terminal
    foreground,   // the same, and the terminal is its own, where standard input is one
    own_session,  // no terminal: what asks for a password there is refused instead of stopped for ever
};

struct StartRequest {
    std::vector<std::string> argv;         // argv[0] is looked up along `path`, unless it has a '/'
    std::vector<std::string> environment;  // "NAME=value", all of it
    std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    std::string
        directory{};  // empty: this process's own; the child enters it, so that a frozen one holds up nobody else
    Standing standing = Standing::own_group;
    std::array<int, 3> stdio{-1, -1, -1};  // its 0, 1 and 2; -1: this process's own
    std::vector<ProcessLimit> limits{};
    std::optional<mode_t> umask{};
    std::optional<ProcessUser> user{};
    bool ends_with_parent = false;  // killed when the thread that started it ends
    // What the report says of a failure; called in the child, as the user that it has become. Empty: describe().
    std::function<std::string(const StartFailure&)> explain{};
};

struct StartedProcess {
    pid_t pid = 0;
    Fd report;  // to read; it ends when the program was executed, and before that it says why it was not
};
// An error where there is no process at all. Signals have their defaults in the child, none is blocked, and every
// descriptor that is close-on-exec, as all of this program are, is closed.
Result<StartedProcess> start_process(const StartRequest& request);
// All that a report says, when the process has ended: empty, or why its program was not executed.
std::string read_report(int report);

// A child that goes on in this program: its exit code is what `body` returns. -1 and errno where there is none.
pid_t fork_child(const std::function<int()>& body);

struct Pipe {
    Fd read, write;
    static Result<Pipe> make();
};

}  // namespace tmplbuild::sys
