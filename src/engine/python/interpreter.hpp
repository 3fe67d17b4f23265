// SPDX-License-Identifier: Apache-2.0
// Which Python a base has: the one that its PATH finds, or one that the template names. It is another's program, so it
// is asked inside the sandbox, without network and with limits, and its answer is read like any foreign text. Used
// when a base is measured. Never runs anything on this machine.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/sandbox/sandbox.hpp"
#include "resolve/base_contract.hpp"
#include "sys/beneath.hpp"

namespace tmplbuild {

// What containers have where an image says nothing (runc's and Docker's default).
inline constexpr const char* default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// Where `program` first is along `path` ("/a:/b", as execvp(3) goes through it) in the root: "/usr/bin/python3".
// Folders of `path` that are not absolute are passed over: a venv needs a place.
std::optional<std::string> find_on_path(const sys::Beneath& root, const std::string& path, const std::string& program);

// The program that `asked` means: an absolute path as it is, "3.12" the `python3.12` along `path`. Nothing where there
// is no such program.
std::optional<std::string> find_interpreter(const sys::Beneath& root, const std::string& path,
                                            const std::string& asked);

// Asks it. An error says why it is none: it does not start, answers in another form, is older than Python 3.
Result<PythonFacts> ask_interpreter(SandboxSession& session, const std::string& program, const std::stop_token& stop);

}  // namespace tmplbuild
