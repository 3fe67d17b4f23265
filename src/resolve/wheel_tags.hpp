// SPDX-License-Identifier: Apache-2.0
// Which wheels one base's Python can use, and which of several is the best: tags of PEP 425 and PEP 600 in the order of
// packaging.tags. Used to choose among the files of a version. Never opens a wheel.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "resolve/base_contract.hpp"

namespace tmplbuild {

// "<distribution>-<version>[-<build>]-<pythons>-<abis>-<platforms>.whl"; several tags of one kind are joined by dots
// (binary distribution format, "File name convention").
struct WheelName {
    std::string distribution, version, build;
    std::vector<std::string> pythons, abis, platforms;
};
std::optional<WheelName> parse_wheel_name(const std::string& file);

class WheelTags {
  public:
    // An error where the contract has no Python, no glibc or another CPU than amd64.
    static Result<WheelTags> of(const BaseContract& contract);

    // The rank of the best of its tags, 0 is the best; none where the wheel does not fit.
    std::optional<std::size_t> rank(const WheelName& wheel) const;
    // The index of the best wheel among file names; none where no wheel fits. Among equal tags, the higher build tag
    // wins.
    std::optional<std::size_t> best(const std::vector<std::string>& files) const;
    std::size_t size() const { return ranks_.size(); }

  private:
    void add(const std::string& python, const std::string& abi, const std::vector<std::string>& platforms);
    std::unordered_map<std::string, std::size_t> ranks_;  // "cp311-abi3-linux_x86_64" → rank
};

}  // namespace tmplbuild
