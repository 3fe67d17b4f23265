// SPDX-License-Identifier: Apache-2.0
// Splits one stream of a tool's output into lines, hides secrets in them, passes them on and keeps the last ones. Used
// for both streams of a tool that runs (tool_run.cpp). Holds one line at most, and of a long line only a part.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "io/process.hpp"

namespace tmplbuild::io {

class OutputLines {
  public:
    // Both must outlive this value; `tail` is shared by the two streams.
    OutputLines(const Command& command, std::deque<std::string>& tail) : command_(command), tail_(tail) {}
    void feed(std::string_view text);
    void flush();  // passes on an unfinished last line

  private:
    void end_line();
    void tell_settled();
    void tell(const std::string& text);

    const Command& command_;
    std::deque<std::string>& tail_;
    std::string open_;
};

}  // namespace tmplbuild::io
