// SPDX-License-Identifier: Apache-2.0
// Whether the value of a variable is a secret, by the variable's name. Used by the lints of a template at RunPod and
// for the environment of programs that need no secrets. A guess by the words that people use: never the only guard.
#pragma once

#include <string_view>

namespace tmplbuild {

// "HF_TOKEN", "CONSOLE_PASSWORD", "RUNPOD_API_KEY"; not "TOKENIZERS_PARALLELISM", "KEYMAP".
bool is_secret_name(std::string_view variable);

}  // namespace tmplbuild
