// SPDX-License-Identifier: Apache-2.0
#include "supervisor/exec_failure.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace tmplbuild::launch {

namespace {

// The beginning of a regular file; empty where it cannot be read.
std::string head_of(const std::string& file) {
    // O_NONBLOCK, since the open of a pipe of that name would wait otherwise.
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return {};
    std::array<char, 256> bytes{};
    const ssize_t got = ::read(fd, bytes.data(), bytes.size());
    ::close(fd);
    return got > 0 ? std::string(bytes.data(), static_cast<std::size_t>(got)) : std::string();
}

// execve(2): the first line of a script, "#! INTERPRETER [ARGUMENT]". Empty where there is none.
std::string interpreter_of(const std::string& head) {
    if (!head.starts_with("#!")) return {};
    const std::size_t begin = head.find_first_not_of(" \t", 2);
    if (begin == std::string::npos || head[begin] == '\n') return {};
    return head.substr(begin, head.find_first_of(" \t\n", begin) - begin);
}

// The reason where the file exists and something that it needs does not.
std::string missing_interpreter(const std::string& head) {
    std::string interpreter = interpreter_of(head);
    if (interpreter.empty()) {
        if (head.starts_with("\x7f"
                             "ELF"))
            return "its loader is not in this image: it was built for another C library";
        return ::strerrordesc_np(ENOENT);
    }
    if (interpreter.back() == '\r')
        return "its first line ends with a carriage return, as on Windows; save it with Unix line ends";
    return "its interpreter " + interpreter + " (#!) is not in this image";
}

}  // namespace

std::string describe_exec_failure(const std::string& program, int why, const std::string& path) {
    const std::string start = "cannot start its program " + program + ": ";
    struct stat facts {};
    const bool is_there = ::stat(program.c_str(), &facts) == 0;
    if (program.find('/') == std::string::npos) return start + "it is in no folder of PATH (" + path + ")";
    if (!is_there) return start + ::strerrordesc_np(why);
    if (S_ISDIR(facts.st_mode)) return start + "it is a folder";
    const std::string head = head_of(program);
    if (why == ENOENT) return start + missing_interpreter(head);
    if (why == ENOEXEC)
        return start + (head.starts_with("\x7f"
                                         "ELF")
                            ? "it was built for another processor"
                            : "it is neither a binary nor a script with a first line '#!'");
    const char* words = ::strerrordesc_np(why);
    std::string out = start + (words == nullptr ? "unknown error" : words);
    if (why != EACCES) return out;
    if ((facts.st_mode & 0111U) == 0) return out + " (it is not executable: chmod +x)";
    const std::string interpreter = interpreter_of(head);
    if (!interpreter.empty() && ::access(interpreter.c_str(), X_OK) != 0)
        return out + " (its interpreter " + interpreter + " may not be executed)";
    return out;
}

}  // namespace tmplbuild::launch
