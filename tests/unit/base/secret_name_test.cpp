// SPDX-License-Identifier: Apache-2.0
// Names of variables that hold secrets, and names that only sound so.
#include "base/secret_name.hpp"

#include "support/catch.hpp"

namespace tmplbuild {

TEST_CASE("a secret is known by the last words of its variable's name") {
    for (const char* name :
         {"HF_TOKEN", "TOKEN", "CONSOLE_PASSWORD", "RUNPOD_API_KEY", "AWS_SECRET_ACCESS_KEY", "MY_SECRET"})
        CHECK(is_secret_name(name));
    for (const char* name : {"PATH", "", "TOKENIZERS_PARALLELISM", "KEYMAP", "NOTATOKEN", "PUBLIC_KEY", "HF_HOME"})
        CHECK_FALSE(is_secret_name(name));
}

}  // namespace tmplbuild
