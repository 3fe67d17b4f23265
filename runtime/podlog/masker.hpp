// SPDX-License-Identifier: Apache-2.0
// Replaces the values of secrets in text. Everything that the launcher prints, keeps or serves goes through it once.
// Works on whole blocks of lines, so that a flood of output costs one search a secret. Never sees the environment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tmplbuild::launch {

class Masker {
  public:
    // A value of several lines is hidden line by line. Parts of fewer than 4 bytes are not, since they would match
    // everywhere: false, where the value has nothing else.
    bool hide(std::string_view value);
    // "***" in place of each.
    void apply(std::string& text) const;
    // Where `text` may be cut in two so that no secret lies across: at most its size, and near it.
    std::size_t safe_cut(std::string_view text) const;

  private:
    std::vector<std::string> values_;  // longest first: one value may contain another
};

// Does a variable of this name hold a secret? HF_TOKEN, JUPYTER_PASSWORD, AWS_SECRET_ACCESS_KEY do; PUBLIC_KEY and
// TOKENIZERS_PARALLELISM do not.
bool names_secret(std::string_view variable);

}  // namespace tmplbuild::launch
