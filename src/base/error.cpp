// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

#include <cerrno>
#include <system_error>

namespace tmplbuild {

int exit_code(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::build:
            return 1;
        case ErrorKind::usage:
            return 2;
        case ErrorKind::machine:
            return 3;
        case ErrorKind::network:
            return 4;
        case ErrorKind::interrupted:
            return 130;
    }
    return 1;
}

const char* to_string(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::build:
            return "build";
        case ErrorKind::usage:
            return "usage";
        case ErrorKind::machine:
            return "machine";
        case ErrorKind::network:
            return "network";
        case ErrorKind::interrupted:
            return "interrupted";
    }
    return "build";
}

std::string SourcePos::to_string() const {
    std::string text = file;
    if (line != 0) text += ":" + std::to_string(line);
    if (line != 0 && column != 0) text += ":" + std::to_string(column);
    return text;
}

static std::string indented(const std::string& text) {
    std::string out = "    ";
    for (char c : text) {
        out += c;
        if (c == '\n') out += "    ";
    }
    return out;
}

std::string Error::to_string() const {
    std::string text = where ? where->to_string() + ": error: " : "error: ";
    text += message;
    for (const auto& frame : doing) text += "\n  while " + frame;
    if (!detail.empty()) text += "\n" + indented(detail);
    if (!hint.empty()) text += "\n  hint: " + hint;
    return text;
}

const char* BuildError::what() const noexcept { return errors_.front().message.c_str(); }

void throw_exception_from_error(const Error& error, const boost::source_location&) { throw BuildError(error); }

static Error make(ErrorKind kind, std::string message, std::string hint) {
    Error error;
    error.kind = kind;
    error.message = std::move(message);
    error.hint = std::move(hint);
    return error;
}

Error usage_error(std::string message, std::string hint) {
    return make(ErrorKind::usage, std::move(message), std::move(hint));
}
Error build_error(std::string message, std::string hint) {
    return make(ErrorKind::build, std::move(message), std::move(hint));
}
Error machine_error(std::string message, std::string hint) {
    return make(ErrorKind::machine, std::move(message), std::move(hint));
}
Error network_error(std::string message, std::string hint) {
    return make(ErrorKind::network, std::move(message), std::move(hint));
}

static Error told_os_error(const std::string& what, const std::string& path, int errno_value) {
    std::string message = "cannot " + what + " " + path + ": " + std::generic_category().message(errno_value);
    if (errno_value == ENOSPC)
        return build_error(std::move(message),
                           "the disk of " + path +
                               " is full: free space there, or use another disk (TMPLBUILD_CACHE for the store, -o "
                               "for an output)");
    if (errno_value == EFBIG)
        return build_error(std::move(message),
                           "a file may not grow that large here: see `ulimit -f`, or the file system");
    if (errno_value == EDQUOT)
        return build_error(std::move(message), "your quota on that disk is used up: free space, or use another disk");
    return build_error(std::move(message));
}

Error os_error(const std::string& what, const std::string& path, int errno_value) {
    Error error = told_os_error(what, path, errno_value);
    error.os_code = errno_value;
    return error;
}

}  // namespace tmplbuild
