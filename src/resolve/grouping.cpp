// SPDX-License-Identifier: Apache-2.0
#include "resolve/grouping.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace tmplbuild {

namespace {

// Sizes are those of the files in the lock, in bytes. A layer has up to twice the size of the files of its pure wheels,
// since it holds their bytecode too.
constexpr std::uint64_t worth_a_layer = 500'000'000;
constexpr std::uint64_t largest_layer = 1'500'000'000;
constexpr std::uint64_t large = 50'000'000;         // larger ones share a layer with their family alone
constexpr std::uint64_t shared_layer = 13'000'000;  // how large a layer may get that several smaller ones share
constexpr std::uint64_t roomy_layer = 7'500'000;    // a smaller one takes later ones; else they begin a layer

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

// The fewest bins of at most `limit`, but no more than `most`, filled evenly: the largest members first, each into the
// emptiest bin.
std::vector<Members> into_bins(Members members, std::uint64_t limit, std::size_t most) {
    if (members.empty()) return {};
    std::sort(members.begin(), members.end(), larger);
    most = std::min(most, members.size());
    for (std::size_t count = std::min<std::size_t>(most, static_cast<std::size_t>(total(members) / limit) + 1);;
         ++count) {
        std::vector<Members> bins(count);
        bool fits = true;
        for (LockedDistribution* one : members) {
            Members& bin = *std::min_element(bins.begin(), bins.end(),
                                             [](const auto& a, const auto& b) { return total(a) < total(b); });
            fits = fits && (bin.empty() || total(bin) + one->size <= limit);
            bin.push_back(one);
        }
        if (!fits && count < most) continue;
        std::erase_if(bins, [](const Members& bin) { return bin.empty(); });
        return bins;
    }
}

// The groups of a venv without a lock: families of large members first, then large single ones, then everything else.
std::vector<Members> first_groups(std::vector<LockedDistribution>& distributions, std::size_t most) {
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
        for (Members& bin : into_bins(members, largest_layer, members.size())) groups.push_back(std::move(bin));
    for (Members& single : singles) groups.push_back(std::move(single));
    const std::size_t left = most > groups.size() + 2 ? most - groups.size() : 2;
    Members alone, shared;
    for (LockedDistribution* one : rest) (one->size >= large ? alone : shared).push_back(one);
    for (Members& bin : into_bins(alone, 1, left / 2)) groups.push_back(std::move(bin));
    for (Members& bin : into_bins(shared, shared_layer, left - std::min(alone.size(), left / 2)))
        groups.push_back(std::move(bin));
    return groups;
}

struct Earlier {
    int group = 0;
    Digest sha256;
};

// The groups of a venv that has some: members keep theirs, but for those that changed and are too large for it now.
class LaterGroups {
  public:
    LaterGroups(std::vector<LockedDistribution>& distributions, const std::map<std::string, Earlier>& earlier,
                std::size_t most)
        : most_(most) {
        for (const auto& [name, was] : earlier) next_ = std::max(next_, was.group + 1);
        Members changed;
        for (LockedDistribution& one : distributions) {
            const auto at = earlier.find(one.name);
            if (at == earlier.end()) {
                fresh_.push_back(&one);
                continue;
            }
            one.group = at->second.group;
            groups_[one.group].push_back(&one);
            if (one.sha256 != at->second.sha256) changed.push_back(&one);
        }
        std::sort(changed.begin(), changed.end(), larger);
        for (LockedDistribution* one : changed) leave_if_too_large(one);
    }

    std::vector<Members> run() {
        std::sort(fresh_.begin(), fresh_.end(), larger);
        for (LockedDistribution* one : fresh_) group_for(*one).push_back(one);
        std::vector<Members> out;  // numbered without gaps, since a group may have lost all its members
        out.reserve(groups_.size());
        for (auto& [group, in] : groups_)
            if (!in.empty()) out.push_back(std::move(in));
        return out;
    }

  private:
    std::size_t count() const {
        const auto used =
            std::count_if(groups_.begin(), groups_.end(), [](const auto& group) { return !group.second.empty(); });
        return static_cast<std::size_t>(used);
    }

    // Its group is packed again in any case, and is smaller without it from then on. A small one stays: it would join
    // another group, which would have to be packed too.
    void leave_if_too_large(LockedDistribution* one) {
        Members& in = groups_[one->group];
        const std::uint64_t limit = one->size >= large ? largest_layer : shared_layer;
        if (in.size() == 1 || total(in) <= limit || one->size <= limit / 2 || count() >= most_) return;
        std::erase(in, one);
        fresh_.push_back(one);
    }

    // A large one joins its family, any other the emptiest group that is far from full, else each makes a new group:
    // what is added later is often added again, and so moves little. Once there are as many groups as there may be, it
    // joins the emptiest of all.
    Members& group_for(const LockedDistribution& one) {
        const std::uint64_t limit = one.size >= large ? largest_layer : roomy_layer;
        Members *fitting = nullptr, *emptiest = nullptr;
        for (auto& [group, in] : groups_) {
            if (in.empty()) continue;
            if (emptiest == nullptr || total(in) < total(*emptiest)) emptiest = &in;
            if (total(in) + one.size > limit) continue;
            const bool kin =
                std::any_of(in.begin(), in.end(), [&](auto* other) { return family(*other) == family(one); });
            if (one.size >= large ? kin : fitting == nullptr || total(in) < total(*fitting)) fitting = &in;
        }
        if (fitting != nullptr) return *fitting;
        if (emptiest != nullptr && count() >= most_) return *emptiest;
        return groups_[next_++];
    }

    const std::size_t most_;
    int next_ = 0;  // the lowest unused number
    std::map<int, Members> groups_;
    Members fresh_;
};

}  // namespace

void assign_groups(std::vector<LockedDistribution>& distributions, const std::vector<LockedDistribution>& earlier,
                   std::size_t venvs) {
    const std::size_t most = std::max<std::size_t>(most_groups / std::max<std::size_t>(venvs, 1), 4);
    std::map<std::string, Earlier> known;
    for (const LockedDistribution& one : earlier) known[one.name] = {std::max(one.group, 0), one.sha256};
    const bool any_left = std::any_of(distributions.begin(), distributions.end(),
                                      [&](const LockedDistribution& one) { return known.contains(one.name); });
    const std::vector<Members> groups =
        any_left ? LaterGroups(distributions, known, most).run() : first_groups(distributions, most);
    for (std::size_t group = 0; group < groups.size(); ++group)
        for (LockedDistribution* one : groups[group]) one->group = static_cast<int>(group);
}

}  // namespace tmplbuild
