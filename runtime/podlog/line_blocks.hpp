// SPDX-License-Identifier: Apache-2.0
// Cuts a stream into blocks of whole lines, as large as they come. Used on each output of each service. Bounded: a line
// of more than 16 KiB that has not ended comes in pieces, none of which cuts a secret in two.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "podlog/masker.hpp"

namespace tmplbuild::launch {

class LineBlocks {
  public:
    // The block ends with '\n' and may be changed by the callee.
    using Take = std::function<void(std::string& block)>;
    void feed(std::string_view text, const Masker& masker, const Take& take);
    void flush(const Take& take);  // what is left, as a line

  private:
    std::string open_;  // a line that has not ended
};

}  // namespace tmplbuild::launch
