// SPDX-License-Identifier: Apache-2.0
// Collects every error of a file (of a template also those of its recipes and `--set` options), so that one run shows
// them all. Each reader holds a reference to the one report of a parse. Never prints.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild {

class Report {
  public:
    void error(const SourcePos& where, std::string message, std::string hint = {});
    void add(Error error);  // an error that was made elsewhere; the current frames are added

    std::size_t count() const { return errors_.size(); }
    const std::vector<Error>& errors() const { return errors_; }  // in the order in which they were found

    // Throws BuildError when there is any error: the template's own in file order first, then `--set`, then recipes.
    void raise_if_any(const std::string& template_file);

    // While a Frame lives, every error says "while …".
    class Frame {
      public:
        Frame(Report& report, std::string doing) : report_(report) { report_.frames_.push_back(std::move(doing)); }
        ~Frame() { report_.frames_.pop_back(); }
        Frame(const Frame&) = delete;
        Frame& operator=(const Frame&) = delete;

      private:
        Report& report_;
    };

  private:
    std::vector<Error> errors_;
    std::vector<std::string> frames_;  // outermost first
};

}  // namespace tmplbuild
