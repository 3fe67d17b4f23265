// SPDX-License-Identifier: Apache-2.0
// Which files a .dockerignore takes out of the context: its patterns as Docker reads them (docs.docker.com,
// "Dockerignore files"; moby's patternmatcher). Used by context_files.cpp. Pure: text in, answers out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild {

class IgnoreFile {
  public:
    // An invalid pattern is an error with its line; `name` is the file's name in it.
    static Result<IgnoreFile> parse(std::string_view text, const std::string& name);

    // `path` is below the context, without "./". Of all patterns that match it or a folder above it, the last one
    // counts.
    bool ignores(std::string_view path) const;
    // Whether a "!" line may take something of an ignored folder back into the context.
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
