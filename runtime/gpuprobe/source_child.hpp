// SPDX-License-Identifier: Apache-2.0
// A source of the probe asked in a child: how its answer is sent, and what a bad end of the child means in words. Used
// by probe.cpp and usage.cpp. Reads no answer.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "gpuprobe/bounded_child.hpp"
#include "gpuprobe/sources.hpp"

namespace tmplbuild::gpu {

// `answer` is called in the child; what it returns is the child's text.
ChildAnswer ask_source(const std::function<std::string()>& answer, std::chrono::milliseconds pause);
ChildAnswer ask_nvidia_smi(SmiQuestion question, std::chrono::milliseconds pause);

struct BadEnd {
    ProbeState state;
    std::string reason;
};
// None where the child ended by itself, with whatever exit code.
std::optional<BadEnd> no_answer(const std::string& source, const ChildAnswer& child, std::chrono::milliseconds pause);
// The same for a child of this program, whose exit code is 0 when all is well.
std::optional<BadEnd> bad_end(const std::string& source, const ChildAnswer& child, std::chrono::milliseconds pause);

}  // namespace tmplbuild::gpu
