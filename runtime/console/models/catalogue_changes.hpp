// SPDX-License-Identifier: Apache-2.0
// What a person changes in the catalogue: entries and sets are added, edited, moved and deleted, always in the user's
// own catalogue. Used by the worker for models and by the original template's routes. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/json.hpp"
#include "console/models/own_catalogue.hpp"

namespace tmplbuild::console {

// The fields that an API's entry has, over those of `entry`. A field of the wrong type is refused with its name.
Reply<void> set_fields(catalogue::Entry& entry, const json::object& fields);

// Puts a new entry into the set (which is made where there is none) and returns its id: the one that is given, or one
// made from its name.
Reply<std::string> add_entry(Catalogues& both, const std::string& set, catalogue::Entry entry);
// Changes an entry, also one of the image's, and moves it into `to_set` where that is said.
Reply<void> edit_entry(Catalogues& both, const std::string& id, const json::object& fields,
                       const std::optional<std::string>& to_set);
Reply<void> delete_entry(Catalogues& both, const std::string& id);

// A name made from the title where none is given; returns it.
Reply<std::string> add_set(Catalogues& both, const std::string& name, const std::string& title);
// Another title, and a place among all sets, from 0.
Reply<void> edit_set(Catalogues& both, const std::string& name, const std::optional<std::string>& title,
                     const std::optional<std::int64_t>& position);
// With all its entries.
Reply<void> delete_set(Catalogues& both, const std::string& name);

}  // namespace tmplbuild::console
