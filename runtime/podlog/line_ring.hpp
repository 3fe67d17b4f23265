// SPDX-License-Identifier: Apache-2.0
// The last lines of one service, in memory, so that `tmpl-ctl logs` needs no disk. It grows with the output up to its
// limit, then forgets the oldest lines. Used by PodLog.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tmplbuild::launch {

class LineRing {
  public:
    explicit LineRing(std::size_t limit = 16 << 10) : limit_(limit) {}
    void add(std::string_view block);  // whole lines, each with its '\n'
    std::string last(std::size_t lines) const;
    bool forgot() const { return forgot_; }  // lines that were added are no longer here
    std::size_t memory() const { return bytes_.capacity(); }

  private:
    void append(std::string_view text);
    void overwrite(std::string_view text);

    std::size_t limit_;
    std::vector<char> bytes_;
    std::size_t oldest_ = 0;  // the place of the oldest byte, once the limit is reached
    bool forgot_ = false;
    bool torn_ = false;  // the oldest byte is not the first one of its line
};

}  // namespace tmplbuild::launch
