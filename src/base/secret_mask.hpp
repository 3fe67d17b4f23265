// SPDX-License-Identifier: Apache-2.0
// Hides what secrets hold in text that people see. Used for the output of the builder's tools, and for everything that
// the pod's launcher prints, keeps or serves: on whole blocks of lines, so that a flood costs one search a secret.
// Never sees the environment, never keeps anything else, never logs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tmplbuild {

class SecretMask {
  public:
    // Shorter parts would hide half of any output, and are guessed in no time.
    static constexpr std::size_t shortest = 4;

    // Each line of it is hidden alone, without white space at its ends: a key in PEM has many, and a program prints
    // them one by one, with its own line ends. False where there is something to hide and all of it is too short.
    bool hide(std::string_view content);
    // Whether any part of such a content would be hidden.
    static bool can_hide(std::string_view content);

    bool empty() const { return parts_.empty(); }
    // "***" in the place of each secret, of each run of secrets that overlap.
    void apply(std::string& text) const;
    std::string masked(std::string_view text) const;
    // How much of a text that goes on may be shown: what comes after may be the start of a secret. No secret lies
    // across that place, so that both parts, masked alone, are what the whole would be.
    std::size_t settled(std::string_view text) const;

  private:
    struct Range {
        std::size_t begin, end;
    };
    std::vector<Range> ranges(std::string_view text) const;

    std::vector<std::string> parts_;
};

}  // namespace tmplbuild
