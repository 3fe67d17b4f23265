// SPDX-License-Identifier: Apache-2.0
#include "resolve/grouping.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace tmplbuild {

namespace {

// Sizes are those of the files in the lock, decimal bytes.
constexpr std::uint64_t worth_a_layer = 500'000'000;
constexpr std::uint64_t largest_layer = 1'500'000'000;
constexpr std::uint64_t large = 50'000'000;  // what is smaller never makes its own group

using Members = std::vector<LockedDistribution*>;

std::uint64_t total(const Members& members) {
    std::uint64_t sum = 0;
    for (const LockedDistribution* one : members) sum += one->size;
    return sum;
}

// "nvidia-cudnn-cu13" → "nvidia": libraries of one maker are released, and change, together.
std::string family(const LockedDistribution& one) { return one.name.substr(0, one.name.find('-')); }

bool larger(const LockedDistribution* a, const LockedDistribution* b) {
    return a->size != b->size ? a->size > b->size : a->name < b->name;
}

// As few bins of at most `largest_layer` as fit, evenly filled: the largest first, each into the emptiest bin.
std::vector<Members> into_bins(Members members) {
    if (members.empty()) return {};
    std::sort(members.begin(), members.end(), larger);
    for (std::size_t count = static_cast<std::size_t>(total(members) / largest_layer) + 1;; ++count) {
        std::vector<Members> bins(count);
        bool fits = true;
        for (LockedDistribution* one : members) {
            Members& bin = *std::min_element(bins.begin(), bins.end(),
                                             [](const auto& a, const auto& b) { return total(a) < total(b); });
            fits = fits && (bin.empty() || total(bin) + one->size <= largest_layer);
            bin.push_back(one);
        }
        if (fits || count >= members.size()) return bins;
    }
}

// A venv that no lock knows: families of large members first, then large single ones, then everything else.
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
        for (Members& bin : into_bins(members)) groups.push_back(std::move(bin));
    for (Members& single : singles) groups.push_back(std::move(single));
    // Middle-sized ones leave the small ones alone once they fill a layer themselves.
    Members middle, small;
    for (LockedDistribution* one : rest) (one->size >= large ? middle : small).push_back(one);
    if (total(middle) < worth_a_layer) {
        small.insert(small.end(), middle.begin(), middle.end());
        middle.clear();
    }
    for (Members& bin : into_bins(middle)) groups.push_back(std::move(bin));
    for (Members& bin : into_bins(small)) groups.push_back(std::move(bin));
    return groups;
}

// A venv that has groups: what had one keeps it; what is new joins its family, or the group of the many small ones,
// or makes a new group when it is large enough for one.
std::vector<Members> later_groups(std::vector<LockedDistribution>& distributions,
                                  const std::map<std::string, int>& earlier) {
    std::map<int, Members> groups;
    Members fresh;
    for (LockedDistribution& one : distributions) {
        const auto at = earlier.find(one.name);
        if (at != earlier.end())
            groups[at->second].push_back(&one);
        else
            fresh.push_back(&one);
    }
    int next = 0, home = 0;  // the first free number; where small ones live
    std::map<int, std::size_t> members;
    for (const auto& [name, group] : earlier) {
        next = std::max(next, group + 1);
        ++members[group];
    }
    for (const auto& [group, count] : members)
        if (count >= members[home]) home = group;
    std::sort(fresh.begin(), fresh.end(), larger);
    for (LockedDistribution* one : fresh) {
        int to = home;
        if (one->size >= large) {
            for (const auto& [group, in] : groups)
                if (group != home && total(in) + one->size <= largest_layer &&
                    std::any_of(in.begin(), in.end(), [&](auto* other) { return family(*other) == family(*one); }))
                    to = group;
            if (to == home && one->size >= worth_a_layer) to = next++;
        }
        groups[to].push_back(one);
    }
    std::vector<Members> out;  // without gaps: a group that lost all its members is gone
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
