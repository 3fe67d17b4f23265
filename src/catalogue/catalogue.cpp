// SPDX-License-Identifier: Apache-2.0
#include "catalogue/catalogue.hpp"

#include <algorithm>
#include <map>

namespace tmplbuild::catalogue {

const ModelSet* Catalogue::find_set(std::string_view name) const {
    const auto found = std::find_if(sets.begin(), sets.end(), [&](const ModelSet& set) { return set.name == name; });
    return found == sets.end() ? nullptr : &*found;
}

ModelSet* Catalogue::find_set(std::string_view name) {
    return const_cast<ModelSet*>(std::as_const(*this).find_set(name));
}

const Entry* Catalogue::find(std::string_view id) const {
    for (const ModelSet& set : sets)
        for (const Entry& entry : set.entries)
            if (entry.id == id) return &entry;
    return nullptr;
}

namespace {

bool holds(const std::vector<std::string>& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

// The user's entries of a set that the image has, too: in the places of those that they replace, the others behind.
void put_over(ModelSet& set, const ModelSet& own) {
    if (!own.title.empty()) set.title = own.title;
    for (const Entry& entry : own.entries) {
        const auto place = std::find_if(set.entries.begin(), set.entries.end(),
                                        [&](const Entry& other) { return other.id == entry.id; });
        if (place == set.entries.end())
            set.entries.push_back(entry);
        else
            *place = entry;
    }
}

void sort_by(const std::vector<std::string>& order, std::vector<ModelSet>& sets) {
    const auto rank = [&](const ModelSet& set) {
        return std::find(order.begin(), order.end(), set.name) - order.begin();
    };
    std::stable_sort(sets.begin(), sets.end(), [&](const ModelSet& a, const ModelSet& b) { return rank(a) < rank(b); });
}

}  // namespace

Catalogue merged(const Catalogue& image, const Catalogue& own) {
    std::map<std::string, std::string> set_of;  // of the user's entries
    for (const ModelSet& set : own.sets)
        for (const Entry& entry : set.entries) set_of[entry.id] = set.name;
    Catalogue out;
    for (const ModelSet& set : image.sets) {
        if (holds(own.hidden_sets, set.name)) continue;
        ModelSet kept{set.name, set.title, {}};
        for (const Entry& entry : set.entries) {
            const auto other = set_of.find(entry.id);
            const bool moved = other != set_of.end() && other->second != set.name;
            if (!moved && (other != set_of.end() || !holds(own.hidden_models, entry.id))) kept.entries.push_back(entry);
        }
        out.sets.push_back(std::move(kept));
    }
    for (const ModelSet& set : own.sets) {
        if (ModelSet* same = out.find_set(set.name))
            put_over(*same, set);
        else
            out.sets.push_back(set);
    }
    sort_by(own.order, out.sets);
    return out;
}

}  // namespace tmplbuild::catalogue
