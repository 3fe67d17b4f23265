// SPDX-License-Identifier: Apache-2.0
// What a .dockerignore says is no context: its patterns as Docker reads them (docs.docker.com, "Dockerignore files";
// moby's patternmatcher). Pure: text in, answers out. Used by context_files.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild {

class IgnoreFile {
  public:
    // `name` is for errors: a pattern that is none, with its line.
    static Result<IgnoreFile> parse(std::string_view text, const std::string& name);

    // `path`: below the context, without "./". Of all patterns that match it or a folder above it the last one counts.
    bool ignores(std::string_view path) const;
    // Whether a "!" line may bring back something of an ignored folder.
    bool has_exceptions() const { return exceptions_; }

  private:
    struct Pattern {
        std::string text;
        bool exception = false;
    };
    std::vector<Pattern> patterns_;
    bool exceptions_ = false;
};

}  // namespace tmplbuild
