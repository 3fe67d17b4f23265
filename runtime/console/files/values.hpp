// SPDX-License-Identifier: Apache-2.0
// Reads what clients send to the files' routes, with one wording of what is wrong, and writes what those routes share.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "console/files/roots.hpp"
#include "console/worker/conversation.hpp"

namespace tmplbuild::console::files {

// The values after '?'.
class Values {
  public:
    static Reply<Values> of(const Conversation& talk);

    std::string text(const std::string& name) const;  // empty where it did not come
    bool flag(const std::string& name) const;         // "1" or "true"
    // Which of the words it is; the first one where it did not come.
    Reply<std::size_t> one_of(const std::string& name, std::initializer_list<const char*> words) const;
    // A whole number from 0.
    Reply<std::int64_t> number(const std::string& name, std::int64_t usual) const;

  private:
    std::map<std::string, std::string> values_{};
};

// A list of texts of a JSON object, at most 100,000. Refused where it is missing, empty or something else.
Reply<std::vector<std::string>> texts_of(const json::object& body, const char* name);
Reply<std::string> text_of(const json::object& body, const char* name);
// For bodies that hold names and no files.
inline constexpr std::uint64_t names_limit = 16 << 20;

// ComfyUI's outputs on the first root, where they are there; else that root.
Reply<Place> start_folder(const Roots& roots);
// An answer whose JSON is already text.
Answer json_text_answer(unsigned status, std::string json);
// {"path":…,"error":…}
json::value problem(std::string_view path, const Refusal& why);

}  // namespace tmplbuild::console::files
