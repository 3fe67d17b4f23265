// SPDX-License-Identifier: Apache-2.0
// What went wrong, as a value: kind, message, where in the user's file, what was being done, what to do about it.
// Every stage makes these; only cli/ prints them and turns their kind into an exit code. Never prints, never exits.
#pragma once

#include <boost/system/result.hpp>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tmplbuild {

// Each kind has one exit code (docs/template-reference.md, "Exit codes").
enum class ErrorKind {
    build,        // 1: a step failed, a proof failed, the disk is full
    usage,        // 2: the command line or the template is wrong
    machine,      // 3: this machine lacks something; `tmplbuild doctor` explains
    network,      // 4: the network, an index, a mirror or a registry failed
    interrupted,  // 130: the user stopped it
};

int exit_code(ErrorKind kind);
const char* to_string(ErrorKind kind);

// A place in a text file. Lines and columns count from 1; 0 means "the whole file".
struct SourcePos {
    std::string file;
    unsigned line = 0;
    unsigned column = 0;

    std::string to_string() const;  // "file:line:column", shorter where parts are 0
    bool operator==(const SourcePos&) const = default;
};

struct Error {
    ErrorKind kind = ErrorKind::build;
    std::string message;               // one sentence, no trailing dot, no trailing newline
    std::optional<SourcePos> where{};  // the user's file, never our source
    std::vector<std::string> doing{};  // innermost first: "resolving python layer '/opt/venv'"
    std::string hint{};                // what to do next; may be empty
    std::string detail{};              // several lines, printed indented (a tool's last output)
    int os_code = 0;                   // errno of the system call that failed, 0 where none did: what callers compare

    Error& while_doing(std::string what) & {
        doing.push_back(std::move(what));
        return *this;
    }
    Error&& while_doing(std::string what) && {
        doing.push_back(std::move(what));
        return std::move(*this);
    }
    std::string to_string() const;  // the whole error as people read it, no colours, no trailing newline
};

// An ordinary failure is a Result; see C++'s std::expected, which C++20 lacks.
template <class T>
using Result = boost::system::result<T, Error>;

// What a stage throws: one or more errors that end the command. Caught once, in cli/.
class BuildError : public std::exception {
  public:
    explicit BuildError(Error error) { errors_.push_back(std::move(error)); }
    explicit BuildError(std::vector<Error> errors) : errors_(std::move(errors)) {}

    const std::vector<Error>& errors() const { return errors_; }
    const char* what() const noexcept override;

  private:
    std::vector<Error> errors_;  // never empty
};

// Result<T>::value() on an error throws BuildError; found by Boost through argument-dependent look-up.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location&);

// Constructors for the common kinds.
Error usage_error(std::string message, std::string hint = {});
Error build_error(std::string message, std::string hint = {});
Error machine_error(std::string message, std::string hint = {});
Error network_error(std::string message, std::string hint = {});
// A failed system call: "cannot <what> <path>: <strerror>", ENOSPC told as a full disk; errno stays in os_code.
Error os_error(const std::string& what, const std::string& path, int errno_value);

}  // namespace tmplbuild
