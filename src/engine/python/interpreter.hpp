// SPDX-License-Identifier: Apache-2.0
// Which Python a base has: the one on its PATH, or one that the template names. It is a foreign program, so it is asked
// inside the sandbox, without network and with limits, and its answer is read like any foreign text. Used when a base
// is measured. Never runs anything on this machine itself.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/sandbox/sandbox.hpp"
#include "resolve/base_contract.hpp"
#include "sys/beneath.hpp"

namespace tmplbuild {

// The PATH of containers whose image sets none (runc's and Docker's default).
inline constexpr const char* default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// The first `program` along `path` ("/a:/b", searched like execvp(3)) in the root: "/usr/bin/python3". Folders of
// `path` that are not absolute are skipped, since a venv needs a fixed place.
std::optional<std::string> find_on_path(const sys::Beneath& root, const std::string& path, const std::string& program);

// The program that `asked` means: an absolute path is that program, "3.12" is the `python3.12` along `path`. None where
// there is no such program.
std::optional<std::string> find_interpreter(const sys::Beneath& root, const std::string& path,
                                            const std::string& asked);

// Asks the program. An error says why it cannot be used: it does not start, answers in another form, or is older than
// Python 3.
Result<PythonFacts> ask_interpreter(SandboxSession& session, const std::string& program, const std::stop_token& stop);

}  // namespace tmplbuild
