// SPDX-License-Identifier: Apache-2.0
// The keys of Hugging Face and CivitAI: those of the pod's environment, else those that somebody entered, which the
// volume keeps (0600). The worker alone has them; whether one is set is all that it tells. Never prints one.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "download/source.hpp"

namespace tmplbuild::download {

class Keys {
  public:
    // `variable` gives a variable of the environment, or an empty text.
    explicit Keys(const std::function<std::string(const char* name)>& variable);

    std::optional<std::string> of(Hub hub) const;
    // {"huggingface":{"set":true,"source":"environment"},…}
    json::object view() const;

    // The text of the file on the volume, and back; an error where it is none of ours.
    Result<void> take_over(std::string_view text);
    std::string keep() const;
    // An error says why the text can be no key.
    Result<void> enter(Hub hub, std::string_view key);
    // False: none was entered.
    bool withdraw(Hub hub);

  private:
    std::map<Hub, std::string> environment_{}, entered_{};
};

// "huggingface" or "civitai".
std::optional<Hub> hub_named(std::string_view name);

}  // namespace tmplbuild::download
