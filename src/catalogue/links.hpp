// SPDX-License-Identifier: Apache-2.0
// A pasted link as the address from which a model file is fetched: pages of Hugging Face and CivitAI become downloads,
// and the folder is guessed, with the reason. Used by the console, the catalogue's import and the download worker.
// Pure: asks no server, so what only a server knows stays empty.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tmplbuild::catalogue {

inline constexpr std::size_t max_pasted_bytes = 256 << 10, max_pasted_links = 500;

enum class LinkHost { hugging_face, civitai, other };

struct ModelLink {
    std::string given;  // as it was pasted, without a token
    std::string url;    // what is fetched; empty where there is a problem
    LinkHost host = LinkHost::other;
    std::string repository, revision, path;  // of Hugging Face
    std::string version;                     // of CivitAI
    std::string name;                        // the file's; empty where only the server knows it
    std::string directory;                   // guessed; empty where nothing says it
    std::string reason;                      // for the guess, in words
    std::string problem, hint;               // why this is no link to a model file, and what to do
    bool token_removed = false;
    // Models that come as two halves, for high and for low noise: where the other one stands in the list, or else what
    // its link would be.
    std::optional<std::size_t> pair{};
    std::string other_half;
};

ModelLink read_link(std::string_view text);
// Any text with links in it: one a line, separated by spaces or commas, in Markdown. The same link once.
std::vector<ModelLink> read_links(std::string_view text);

struct FolderGuess {
    std::string directory, reason;
};
// From a file's name and, where known, its path in its repository and the repository's name.
FolderGuess guess_folder(std::string_view name, std::string_view path, std::string_view repository);
// "x_high_noise_y" gives "x_low_noise_y", and the other way; empty where the name says neither.
std::string name_of_other_half(std::string_view name);

bool is_model_file_name(std::string_view name);  // by its ending

}  // namespace tmplbuild::catalogue
