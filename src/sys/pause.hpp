// SPDX-License-Identifier: Apache-2.0
// A pause that a stop ends. For whoever tries something again later. Never waits for anything else.
#pragma once

#include <chrono>
#include <stop_token>

namespace tmplbuild::sys {

// Waits, or says false: it was stopped.
bool pause_for(std::chrono::milliseconds length, const std::stop_token& stop);

}  // namespace tmplbuild::sys
