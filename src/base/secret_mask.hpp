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
    // Shorter parts would hide half of any output, and somebody could guess them quickly anyway.
    static constexpr std::size_t shortest = 4;

    // Hides each line of `content` by itself, without white space at its ends: a key in PEM has many lines, and a
    // program prints them one by one with its own line ends. Returns false when there is text to hide and all of it is
    // too short.
    bool hide(std::string_view content);
    // Whether hide() would hide any part of `content`.
    static bool can_hide(std::string_view content);

    bool empty() const { return parts_.empty(); }
    // Puts "***" in the place of each secret; overlapping secrets count as one.
    void apply(std::string& text) const;
    std::string masked(std::string_view text) const;
    // How many bytes of a growing text may be shown now: what follows them may be the beginning of a secret. No secret
    // lies across that place, so both parts, masked separately, give the same text as the whole.
    std::size_t settled(std::string_view text) const;

  private:
    struct Range {
        std::size_t begin, end;
    };
    std::vector<Range> ranges(std::string_view text) const;

    std::vector<std::string> parts_;
};

}  // namespace tmplbuild
