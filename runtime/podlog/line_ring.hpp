// SPDX-License-Identifier: Apache-2.0
// The last lines of one service, in memory: what `tmpl-ctl logs` and the console show without touching a disk. Grows
// with what is printed up to its limit, then forgets the oldest whole lines.
#pragma once

#include <string>
#include <string_view>

namespace tmplbuild::launch {

class LineRing {
  public:
    explicit LineRing(std::size_t limit = 32 << 10) : limit_(limit) {}
    void add(std::string_view block);  // whole lines, each with its '\n'
    std::string last(std::size_t lines) const;

  private:
    std::size_t limit_;
    std::string text_;  // up to twice the limit, so that forgetting is rare
};

}  // namespace tmplbuild::launch
