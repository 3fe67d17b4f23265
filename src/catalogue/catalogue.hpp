// SPDX-License-Identifier: Apache-2.0
// A catalogue: sets of model files with their links, folders, sizes and digests, as TOML. The image brings one, the
// user of a pod has another one over it. Used by the builder, the console's workers and the download worker. Pure:
// reads and writes texts, never files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "toml/report.hpp"

namespace tmplbuild::catalogue {

inline constexpr std::size_t max_catalogue_bytes = 8 << 20;
inline constexpr std::size_t max_sets = 500, max_entries = 10'000;

// What is not known is absent: a size or digest stands here only where a source gave it.
struct Entry {
    std::string id{};                 // a name (base/grammar.hpp), once in a catalogue
    std::string name{};               // the file's, also where its link ends otherwise; may be "folder/file"
    std::string title{};              // for people
    std::vector<std::string> urls{};  // every one gives the same file; the first is asked first
    std::string directory{};          // below ComfyUI's models folder: "loras", "loras/wan"
    std::optional<std::uint64_t> size{};
    std::optional<std::uint64_t> about_bytes{};  // roughly, for people: nothing is held against it
    std::string sha256{};                        // 64 hexadecimal digits
    std::string commit{};                        // of the repository on the hub, to which size and sha256 belong
    std::string licence{};
    std::string link{};  // a page about the model
    std::optional<std::uint64_t> memory_bytes{};
    bool gated = false;  // the hub asks for an account that accepted the licence
    bool operator==(const Entry&) const = default;
};

struct ModelSet {
    std::string name{};  // as an id
    std::string title{};
    std::vector<Entry> entries{};
    bool operator==(const ModelSet&) const = default;
};

struct Catalogue {
    std::vector<ModelSet> sets{};
    // Of the user's catalogue alone: what of the image's it takes away, and the order of sets, as far as it says one.
    std::vector<std::string> hidden_sets{}, hidden_models{}, order{};

    const ModelSet* find_set(std::string_view name) const;
    ModelSet* find_set(std::string_view name);
    const Entry* find(std::string_view id) const;
    bool operator==(const Catalogue&) const = default;
};

// Every mistake becomes an error of `report`, with its line and column; the catalogue has what was right.
Catalogue read_catalogue(std::string_view text, const std::string& file, Report& report);
// The first mistake alone, for who does not show a list.
Result<Catalogue> read_catalogue(std::string_view text, const std::string& file);
// What read_catalogue() reads as the same.
std::string write_catalogue(const Catalogue& catalogue);

// The rules for one entry, as for one that a person typed: the problem in words.
std::optional<std::string> problem_of(const Entry& entry);

// The image's catalogue with the user's over it. An entry of the user's with an id of the image's replaces it, in the
// set where the user has it.
Catalogue merged(const Catalogue& image, const Catalogue& own);

}  // namespace tmplbuild::catalogue
