// SPDX-License-Identifier: Apache-2.0
// Whether a model that is wanted is among the files of a volume: by size and by digests that are known, since a name
// proves nothing. Used by the console for its catalogue and for workflows. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tmplbuild::catalogue {

struct ModelFile {
    std::string path;  // absolute
    std::string kind;  // of the folder in which it lies; empty: ComfyUI reads it from none
    std::string name;  // below that folder, "wan/x.safetensors"
    std::uint64_t size = 0;
    std::string sha256;  // empty: not computed yet
    std::string url{};   // from which it is known to have come whole; empty: nobody knows
};

// Files by what they are looked up by. Holds pointers into the list, which must outlive it.
class ModelFiles {
  public:
    explicit ModelFiles(const std::vector<ModelFile>& files);
    const ModelFile* at(std::string_view kind, std::string_view name) const;
    std::vector<const ModelFile*> with_digest(std::string_view sha256) const;
    std::vector<const ModelFile*> with_last_name(std::string_view name) const;

  private:
    std::map<std::pair<std::string, std::string>, const ModelFile*, std::less<>> by_place_;
    std::multimap<std::string, const ModelFile*, std::less<>> by_digest_, by_last_name_;
};

struct WantedModel {
    std::string kind;  // empty: not known
    std::string name;
    std::optional<std::uint64_t> size{};
    std::string sha256;
    std::vector<std::string> urls{};
};

// there: in its place, with the right size or digest, or from the right link where neither is known. unknown: in its
// place, and nothing is known to hold it against. differs: another file has its place. misplaced: it is here, but where
// it is not looked for. missing: none of these.
enum class ModelState { there, missing, misplaced, differs, unknown };
std::string_view to_string(ModelState state);

struct MatchedModel {
    ModelState state = ModelState::missing;
    std::string at;                    // the file's path; empty where missing
    std::vector<std::string> choices;  // where several files could be it, all of them
};
MatchedModel match(const WantedModel& wanted, const ModelFiles& files);

}  // namespace tmplbuild::catalogue
