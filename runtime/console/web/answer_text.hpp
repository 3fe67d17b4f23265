// SPDX-License-Identifier: Apache-2.0
// The head of an answer as HTTP/1.1 has it on the wire. Used by the server, by what answers in a worker's place, and by
// the workers. Sends nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "console/web/answer.hpp"

namespace tmplbuild::console {

// How long the body is said to be.
struct BodyLength {
    enum class Kind { none, known, chunked } kind = Kind::none;
    std::uint64_t bytes = 0;

    static BodyLength of(std::uint64_t bytes) { return {Kind::known, bytes}; }
    static BodyLength chunked() { return {Kind::chunked, 0}; }
};

// With the empty line at its end. A header's value never ends its line, whatever it holds.
std::string head_text(const Answer& answer, BodyLength length, bool closes);

}  // namespace tmplbuild::console
