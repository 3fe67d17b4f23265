// SPDX-License-Identifier: Apache-2.0
#include "engine/python/ownership.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/grammar.hpp"
#include "engine/python/metadata.hpp"

namespace tmplbuild {

namespace {

struct Owner {
    Wheel* wheel = nullptr;  // none: the file is the venv's own
    WheelFile* file = nullptr;
    std::string title() const { return wheel == nullptr ? "the venv itself" : wheel->title(); }
};

class Ownership {
  public:
    explicit Ownership(const std::vector<std::string>& allow_shared) {
        for (const std::string& name : allow_shared) allowed_.push_back(normalized_project(name));
    }

    void skeleton(const std::vector<VenvFile>& files) {
        for (const VenvFile& file : files)
            if (file.entry.type != EntryType::directory) owners_.emplace(file.entry.path, Owner{});
    }

    Result<void> claim(Wheel& wheel, WheelFile& file) {
        auto [found, fresh] = owners_.try_emplace(file.path, Owner{&wheel, &file});
        if (fresh) return {};
        Owner& before = found->second;
        if (before.wheel == &wheel)
            return build_error(wheel.title() + " brings the file '" + file.path + "' of the venv twice");
        if (before.wheel == nullptr)
            return build_error(wheel.title() + " would replace '" + file.path + "', which belongs to the venv itself");
        const bool namespace_file = file.path.ends_with("/__init__.py") && file.hash == before.file->hash;
        if (!namespace_file && !(is_allowed(*before.wheel) && is_allowed(wheel)))
            return build_error(before.title() + " and " + wheel.title() + " both bring the file '" + file.path + "'",
                               "leave one of them out, or say that it does not matter: allow_shared = [\"" +
                                   before.wheel->name + "\", \"" + wheel.name + "\"]");
        if (!namespace_file && file.hash != before.file->hash) ++replaced_[{before.title(), wheel.title()}];
        before.file->left_out = true;
        before = {&wheel, &file};
        return {};
    }

    // A file in one layer would hide a folder of that name in another layer, and everything in it.
    Result<void> check_folders(const std::string& path, const std::string& title) const {
        for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
            auto file = owners_.find(std::string_view(path).substr(0, at));
            if (file != owners_.end())
                return build_error("'" + std::string(file->first) + "' is a file of " + file->second.title() +
                                   " and a folder of " + title);
        }
        return {};
    }

    std::vector<std::string> sentences() const {
        std::vector<std::string> out;
        for (const auto& [pair, count] : replaced_)
            out.push_back(pair.second + " stands over " + pair.first + " in " + std::to_string(count) +
                          (count == 1 ? " file" : " files") + " that both bring (allow_shared)");
        return out;
    }

  private:
    bool is_allowed(const Wheel& wheel) const {
        return std::find(allowed_.begin(), allowed_.end(), normalized_project(wheel.name)) != allowed_.end();
    }
    std::vector<std::string> allowed_;
    // (the one that gave way, the one that stayed) → number of files.
    std::map<std::pair<std::string, std::string>, std::size_t> replaced_;
    std::unordered_map<std::string_view, Owner> owners_;  // the texts of paths belong to the wheels and the skeleton
};

}  // namespace

Result<std::vector<std::string>> settle_ownership(std::vector<Wheel>& wheels, const std::vector<VenvFile>& skeleton,
                                                  const std::vector<std::string>& allow_shared) {
    Ownership ownership(allow_shared);
    ownership.skeleton(skeleton);
    for (Wheel& wheel : wheels)
        for (WheelFile& file : wheel.files)
            if (auto claimed = ownership.claim(wheel, file); !claimed) return claimed.error();
    for (const VenvFile& file : skeleton) {
        const bool folder = file.entry.type == EntryType::directory;
        if (auto checked = ownership.check_folders(file.entry.path + (folder ? "/" : ""), Owner{}.title()); !checked)
            return checked.error();
    }
    for (const Wheel& wheel : wheels)
        for (const WheelFile& file : wheel.files)
            if (auto checked = ownership.check_folders(file.path, wheel.title()); !checked) return checked.error();
    return ownership.sentences();
}

}  // namespace tmplbuild
