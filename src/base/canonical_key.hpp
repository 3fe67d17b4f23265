// SPDX-License-Identifier: Apache-2.0
// A cache key that can explain itself: SHA-256 over a canonical, length-framed, typed list of named inputs, kept beside
// the list. plan/ makes one for each step; the store files records under it; `explain` compares two of them. Inputs are
// never joined as text, so no two different lists share a key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/json.hpp"

namespace tmplbuild {

class CanonicalKey {
  public:
    // Inputs are hashed in the order added; a name may be a path ("packages/numpy"). Names are unique in a key.
    CanonicalKey& add(std::string_view name, std::string_view text);
    CanonicalKey& add(std::string_view name, const char* text) { return add(name, std::string_view(text)); }
    CanonicalKey& add(std::string_view name, std::int64_t number);
    CanonicalKey& add(std::string_view name, bool flag);
    CanonicalKey& add(std::string_view name, const Digest& digest);
    CanonicalKey& add(std::string_view name, const std::vector<std::string>& list);

    Digest digest() const;

    // [{"name":…, "type":…, "value":…}, …]: what the store keeps and `explain` reads.
    json::array to_json() const;
    static Result<CanonicalKey> from_json(const json::array& list);

    struct Difference {
        std::string name;
        std::string before;  // "(absent)" where one side lacks the input
        std::string after;
    };
    // The first input, in this key's order, that differs from `earlier`; none when the keys are equal.
    std::optional<Difference> first_difference(const CanonicalKey& earlier) const;
    // how many inputs differ; the nearest record has the fewest
    std::size_t differences(const CanonicalKey& earlier) const;

  private:
    enum class Type : char { text = 't', number = 'n', flag = 'b', digest = 'd', list = 'l' };
    struct Input {
        std::string name;
        Type type;
        std::vector<std::string> values;  // one, except for a list
        bool operator==(const Input&) const = default;
        std::string to_string() const;
    };
    CanonicalKey& push(std::string_view name, Type type, std::vector<std::string> values);
    const Input* find(std::string_view name) const;

    std::vector<Input> inputs_;
};

}  // namespace tmplbuild
