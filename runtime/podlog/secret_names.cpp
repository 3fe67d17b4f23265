// SPDX-License-Identifier: Apache-2.0
#include "podlog/secret_names.hpp"

#include <string>

namespace tmplbuild::launch {

bool names_secret(std::string_view variable) {
    std::string name(variable);
    for (char& c : name)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    for (const char* word : {"TOKEN", "TOKENS", "PASSWORD", "PASSWD", "PASS", "PASSPHRASE", "SECRET", "SECRETS",
                             "CREDENTIAL", "CREDENTIALS", "API_KEY", "APIKEY", "ACCESS_KEY", "PRIVATE_KEY",
                             "SECRET_KEY", "ENCRYPTION_KEY", "AUTH_KEY", "AUTHKEY"}) {
        const std::string_view ending(word);
        if (!name.ends_with(ending)) continue;
        // The ending must be a whole word: "HF_TOKEN" and "HFTOKEN" hold a secret, "BYPASS" does not.
        const bool whole = name.size() == ending.size() || name[name.size() - ending.size() - 1] == '_';
        if (whole || ending != "PASS") return true;
    }
    return false;
}

}  // namespace tmplbuild::launch
