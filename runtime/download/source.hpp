// SPDX-License-Identifier: Apache-2.0
// Where a file comes from: Hugging Face, CivitAI or any other server, and how its address is written to be fetched.
// Which host may see which key is decided here alone. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild::download {

enum class Hub { huggingface, civitai, none };
std::string_view to_string(Hub hub);  // "huggingface", "civitai", ""
std::string_view title_of(Hub hub);   // "Hugging Face", "CivitAI", "the server"

// The hubs' own addresses. HF_ENDPOINT names a mirror, as Hugging Face's programs have it; CIVITAI_ENDPOINT likewise.
struct Endpoints {
    std::string huggingface = "https://huggingface.co", civitai = "https://civitai.com";
};

// "https://civitai.com" of an address, in lower case, without a port that is the scheme's own; empty: no such address.
std::string origin_of(std::string_view url);

// Whose file an address names: by its host, "huggingface.co", "civitai.com", "civitai.red", or an endpoint's.
Hub hub_of(std::string_view url, const Endpoints& endpoints);

// The address as it is kept: /blob/ of the hub's pages is /resolve/, a CivitAI page with its modelVersionId is that
// version's file, and no key stands in it. An error says why it cannot be fetched.
Result<std::string> normalised_url(std::string_view url, const Endpoints& endpoints);

// The address that is asked first: a hub's, at its endpoint.
std::string first_url(const std::string& url, const Endpoints& endpoints);

// The address with the repository's commit in place of a branch: what it names can no longer change.
std::string pinned_url(const std::string& url, const std::string& commit, const Endpoints& endpoints);

// Whether the hub's key may go along: to its own origin alone, and for CivitAI only before any redirect.
bool takes_key(Hub hub, const std::string& url, bool is_first, const Endpoints& endpoints);

}  // namespace tmplbuild::download
