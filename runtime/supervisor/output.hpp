// SPDX-License-Identifier: Apache-2.0
// What the pod's log says: every line of a service with its name before it, secrets replaced, never a torn line. Used
// by the engine for its own words too. Bounded: a line longer than 16 KiB comes in pieces.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tmplbuild::launch {

class PodLog {
  public:
    void hide(const std::string& secret);  // shorter than 6 bytes: not hidden, it would match everywhere
    void line(std::string_view name, std::string_view text);
    void announce(std::string_view name, std::string_view text);  // the one place that shows a new secret

  private:
    void put(std::string_view name, std::string_view text);
    std::vector<std::string> secrets_;
};

class LineSplitter {
  public:
    void feed(std::string_view text, const std::function<void(std::string_view)>& line);
    void flush(const std::function<void(std::string_view)>& line);

  private:
    std::string open_;
};

}  // namespace tmplbuild::launch
