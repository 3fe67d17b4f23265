// SPDX-License-Identifier: Apache-2.0
// PID 1 of a build step's container: runs one command, reaps what it leaves, and ends with its exit code. Its standard
// input is a pipe whose other end the builder holds: when the builder dies, however it dies, the pipe closes, this
// program ends, and the kernel ends everything in the container with it. Static: it runs in images of any base.
//   sandbox-init DIRECTORY INPUT COMMAND [ARGUMENT...]      INPUT: the command's standard input, /dev/null for none
#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <initializer_list>

namespace {

constexpr int cannot_run = 126, not_found = 127;  // the exit codes of a shell for these

[[noreturn]] void run(const char* directory, const char* input, char** command) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    setsid();
    const int in = open(input, O_RDONLY);
    if (in < 0 || dup2(in, STDIN_FILENO) < 0 || chdir(directory) != 0) {
        std::fprintf(stderr, "cannot enter '%s': %s\n", directory, std::strerror(errno));
        _exit(cannot_run);
    }
    if (in > STDERR_FILENO) close(in);
    execvp(command[0], command);
    const int why = errno;
    std::fprintf(stderr, "cannot run '%s': %s\n", command[0], std::strerror(why));
    _exit(why == ENOENT ? not_found : cannot_run);
}

// True once the command has ended; its exit code then stands in `code`.
bool reap(pid_t main, int& code) {
    int status = 0;
    for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        if (pid == main) {
            code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
            return true;
        }
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) return cannot_run;
    sigset_t handled;
    sigemptyset(&handled);
    for (const int number : {SIGCHLD, SIGTERM, SIGINT}) sigaddset(&handled, number);
    sigprocmask(SIG_BLOCK, &handled, nullptr);
    const int signals = signalfd(-1, &handled, SFD_CLOEXEC);
    const pid_t child = fork();
    if (signals < 0 || child < 0) return cannot_run;
    if (child == 0) run(argv[1], argv[2], argv + 3);

    int code = 0;
    pollfd watched[2] = {{signals, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    while (!reap(child, code)) {
        poll(watched, 2, -1);
        if ((watched[0].revents & POLLIN) != 0) {
            signalfd_siginfo info{};
            const ssize_t got = read(signals, &info, sizeof info);
            if (got == static_cast<ssize_t>(sizeof info) && info.ssi_signo != SIGCHLD)
                kill(-child, static_cast<int>(info.ssi_signo));
        }
        // The builder never writes into this pipe, so any event here means that it has ended.
        if (watched[1].revents != 0) return 128 + SIGKILL;
    }
    return code;
}
