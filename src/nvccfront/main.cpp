// SPDX-License-Identifier: Apache-2.0
// nvcc-front: it stands where a build looks for nvcc, and starts the real one with one arch. From the environment:
//   TMPLBUILD_NVCC      the real nvcc
//   TMPLBUILD_ARCH      "89", "90a": the one arch
//   TMPLBUILD_NVCC_LOG  optional: a JSON object a line is appended for each call that was changed
// It writes nothing else, and no process of its own stays: exec replaces it by nvcc.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "nvccfront/rewrite.hpp"

using namespace tmplbuild::nvccfront;

namespace {

constexpr int exit_usage = 2;
constexpr int exit_not_executable = 126;

std::optional<std::string> read_file(const std::string& file) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return std::nullopt;
    std::string text;
    char buffer[16384];
    ssize_t got = 0;
    while (text.size() < (16U << 20) && (got = ::read(fd, buffer, sizeof buffer)) > 0)
        text.append(buffer, static_cast<std::size_t>(got));
    ::close(fd);
    if (got != 0) return std::nullopt;
    return text;
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t done = ::write(fd, text.data(), text.size());
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(done));
    }
    return true;
}

// Keeps a text in a file without a name, which nvcc inherits.
std::string keep_text(const std::string& text) {
    const int fd = ::memfd_create("nvcc-options", 0);
    if (fd < 0 || !write_all(fd, text)) {
        std::fprintf(stderr, "nvcc-front: cannot keep an options file: %s\n", std::strerror(errno));
        std::exit(exit_not_executable);
    }
    return "/proc/self/fd/" + std::to_string(fd);
}

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += {'\\', c};
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
            out += escaped;
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string list_of(const std::vector<std::string>& texts) {
    std::string out = "[";
    for (const std::string& text : texts) out += (out.size() > 1 ? "," : "") + quoted(text);
    return out + "]";
}

// Takes archs out of a variable that nvcc itself reads; returns what was taken.
std::vector<std::string> clean_variable(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr) return {};
    RewrittenText rest = remove_arch_options(value);
    if (!rest.removed.empty()) ::setenv(name, rest.text.c_str(), 1);
    return std::move(rest.removed);
}

void write_log(const char* file, const std::string& line) {
    const int fd = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    // The line is one write, since compilers run side by side. A log that cannot be written does not stop the compile.
    if (fd < 0 || !write_all(fd, line))
        std::fprintf(stderr, "nvcc-front: cannot write %s: %s\n", file, std::strerror(errno));
    if (fd >= 0) ::close(fd);
}

bool is_this_program(const char* file) {
    struct stat here = {}, there = {};
    return ::stat("/proc/self/exe", &here) == 0 && ::stat(file, &there) == 0 && here.st_dev == there.st_dev &&
           here.st_ino == there.st_ino;
}

}  // namespace

int main(int argc, char** argv) {
    const char* real = std::getenv("TMPLBUILD_NVCC");
    const char* number = std::getenv("TMPLBUILD_ARCH");
    if (real == nullptr || *real == 0 || number == nullptr || !is_arch_number(number)) {
        std::fprintf(
            stderr,
            "nvcc-front: TMPLBUILD_NVCC must name the real nvcc, and TMPLBUILD_ARCH one arch, like 89 or 90a\n");
        return exit_usage;
    }
    if (is_this_program(real)) {
        std::fprintf(stderr, "nvcc-front: TMPLBUILD_NVCC names nvcc-front itself\n");
        return exit_usage;
    }
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    Rewritten rewritten = rewrite_arguments(arguments, number, {read_file, keep_text});
    std::vector<std::string> from_environment = clean_variable("NVCC_PREPEND_FLAGS");
    for (auto& one : clean_variable("NVCC_APPEND_FLAGS")) from_environment.push_back(std::move(one));
    const char* log = std::getenv("TMPLBUILD_NVCC_LOG");
    if (log != nullptr && *log != 0 && (rewritten.added || !from_environment.empty()))
        write_log(log, "{\"arch\":" + quoted(number) + ",\"removed\":" + list_of(rewritten.removed) +
                           ",\"environment\":" + list_of(from_environment) + ",\"arguments\":" + list_of(arguments) +
                           "}\n");

    std::vector<char*> pointers = {const_cast<char*>(real)};
    for (std::string& argument : rewritten.arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    ::execv(real, pointers.data());
    std::fprintf(stderr, "nvcc-front: cannot start %s: %s\n", real, std::strerror(errno));
    return exit_not_executable;
}
