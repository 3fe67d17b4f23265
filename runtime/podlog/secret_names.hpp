// SPDX-License-Identifier: Apache-2.0
// Tells by its name which variable of a pod's environment holds a secret. Used where the launcher collects what its log
// has to hide. Never sees a value.
#pragma once

#include <string_view>

namespace tmplbuild::launch {

// Does a variable of this name hold a secret? HF_TOKEN, JUPYTER_PASSWORD, AWS_SECRET_ACCESS_KEY do; PUBLIC_KEY and
// TOKENIZERS_PARALLELISM do not.
bool names_secret(std::string_view variable);

}  // namespace tmplbuild::launch
