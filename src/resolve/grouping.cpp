// SPDX-License-Identifier: Apache-2.0
#include "resolve/grouping.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace tmplbuild {

namespace {

// Sizes are those of the files in the lock, in bytes.
constexpr std::uint64_t worth_a_layer = 500'000'000;
constexpr std::uint64_t largest_layer = 1'500'000'000;
constexpr std::uint64_t large = 50'000'000;          // smaller ones never make a group of their own
constexpr std::uint64_t middle = 5'000'000;          // smaller ones share a layer with other small ones alone
constexpr std::uint64_t middle_layer = 200'000'000;  // how large a layer may get that a new middle-sized wheel changes
constexpr std::uint64_t small_layer = 50'000'000;    // how large a layer may get that a new small wheel changes
constexpr std::size_t most_groups = 24;  // of one venv's first groups, since an image has 120 layers at most

using Members = std::vector<LockedDistribution*>;

std::uint64_t total(const Members& members) {
    std::uint64_t sum = 0;
    for (const LockedDistribution* one : members) sum += one->size;
    return sum;
}

// "nvidia-cudnn-cu13" → "nvidia": the libraries of one maker are released, and so change, together.
std::string family(const LockedDistribution& one) { return one.name.substr(0, one.name.find('-')); }

bool larger(const LockedDistribution* a, const LockedDistribution* b) {
    return a->size != b->size ? a->size > b->size : a->name < b->name;
}

// The fewest bins of at most `limit`, filled evenly: the largest members first, each into the emptiest bin.
std::vector<Members> into_bins(Members members, std::uint64_t limit) {
    if (members.empty()) return {};
    std::sort(members.begin(), members.end(), larger);
    std::size_t count = std::min<std::size_t>(members.size(), static_cast<std::size_t>(total(members) / limit) + 1);
    for (;; ++count) {
        std::vector<Members> bins(count);
        bool fits = true;
        for (LockedDistribution* one : members) {
            Members& bin = *std::min_element(bins.begin(), bins.end(),
                                             [](const auto& a, const auto& b) { return total(a) < total(b); });
            fits = fits && (bin.empty() || total(bin) + one->size <= limit);
            bin.push_back(one);
        }
        if (fits || count >= members.size()) {
            std::erase_if(bins, [](const Members& bin) { return bin.empty(); });
            return bins;
        }
    }
}

// Puts members of one kind into layers of `limit`, or larger ones where that would give too many layers.
void add_bins(std::vector<Members>& groups, const Members& members, std::uint64_t limit, std::size_t most) {
    if (std::min<std::size_t>(members.size(), total(members) / limit + 1) > most)
        limit = std::max(limit, std::min(largest_layer, 2 * total(members) / most));
    for (Members& bin : into_bins(members, limit)) groups.push_back(std::move(bin));
}

// The groups of a venv without a lock: families of large members first, then large single ones, then everything else.
std::vector<Members> first_groups(std::vector<LockedDistribution>& distributions) {
    std::map<std::string, Members> families;
    for (LockedDistribution& one : distributions) families[family(one)].push_back(&one);
    std::vector<Members> large_families, singles;
    Members rest;
    for (auto& [name, members] : families) {
        const auto large_ones =
            std::count_if(members.begin(), members.end(), [](auto* one) { return one->size >= large; });
        if (large_ones >= 2 && total(members) >= worth_a_layer) {
            large_families.push_back(std::move(members));
            continue;
        }
        for (LockedDistribution* one : members)
            if (one->size >= worth_a_layer)
                singles.push_back({one});
            else
                rest.push_back(one);
    }
    const auto by_size = [](const Members& a, const Members& b) {
        return total(a) != total(b) ? total(a) > total(b) : a.front()->name < b.front()->name;
    };
    std::sort(large_families.begin(), large_families.end(), by_size);
    std::sort(singles.begin(), singles.end(), by_size);
    std::vector<Members> groups;
    for (const Members& members : large_families)
        for (Members& bin : into_bins(members, largest_layer)) groups.push_back(std::move(bin));
    for (Members& single : singles) groups.push_back(std::move(single));
    if (total(rest) <= small_layer) {
        if (!rest.empty()) groups.push_back(std::move(rest));
        return groups;
    }
    // Sorted by what changes together: each large one alone, then middle-sized ones, then the many small ones.
    Members alone, between, small;
    for (LockedDistribution* one : rest)
        (one->size >= large ? alone : one->size >= middle ? between : small).push_back(one);
    add_bins(groups, alone, 1, most_groups / 2);
    add_bins(groups, between, middle_layer, most_groups / 4);
    add_bins(groups, small, small_layer, most_groups / 4);
    return groups;
}

// How large a group may become that takes one of this size.
std::uint64_t limit_for(const LockedDistribution& one) {
    return one.size >= large ? largest_layer : one.size >= middle ? middle_layer : small_layer;
}

// The groups of a venv that has some: members keep theirs. A new large one joins its family; any other joins a group
// that stays small enough for its size, or makes a new group, so that adding a small wheel changes a small layer.
std::vector<Members> later_groups(std::vector<LockedDistribution>& distributions,
                                  const std::map<std::string, int>& earlier) {
    std::map<int, Members> groups;
    Members fresh;
    int next = 0;  // the lowest unused number
    for (const auto& [name, group] : earlier) next = std::max(next, group + 1);
    for (LockedDistribution& one : distributions) {
        const auto at = earlier.find(one.name);
        if (at != earlier.end())
            groups[at->second].push_back(&one);
        else
            fresh.push_back(&one);
    }
    std::sort(fresh.begin(), fresh.end(), larger);
    for (LockedDistribution* one : fresh) {
        auto to = groups.end();
        for (auto group = groups.begin(); group != groups.end(); ++group) {
            const Members& in = group->second;
            if (in.empty() || total(in) + one->size > limit_for(*one)) continue;
            const std::uint64_t largest = (*std::min_element(in.begin(), in.end(), larger))->size;
            if (one->size < large && one->size >= middle && (largest < middle || largest >= large)) continue;
            const bool kin =
                std::any_of(in.begin(), in.end(), [&](auto* other) { return family(*other) == family(*one); });
            if (one->size >= large ? kin : to == groups.end() || total(in) < total(to->second)) to = group;
        }
        if (to == groups.end()) to = groups.emplace(next++, Members()).first;
        to->second.push_back(one);
    }
    std::vector<Members> out;  // numbered without gaps, since a group may have lost all its members
    out.reserve(groups.size());
    for (auto& [group, in] : groups) out.push_back(std::move(in));
    return out;
}

}  // namespace

void assign_groups(std::vector<LockedDistribution>& distributions, const std::vector<LockedDistribution>& earlier) {
    std::map<std::string, int> known;
    for (const LockedDistribution& one : earlier) known[one.name] = std::max(one.group, 0);
    const bool any_left = std::any_of(distributions.begin(), distributions.end(),
                                      [&](const LockedDistribution& one) { return known.contains(one.name); });
    const std::vector<Members> groups = any_left ? later_groups(distributions, known) : first_groups(distributions);
    for (std::size_t group = 0; group < groups.size(); ++group)
        for (LockedDistribution* one : groups[group]) one->group = static_cast<int>(group);
}

}  // namespace tmplbuild
