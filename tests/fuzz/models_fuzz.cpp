// SPDX-License-Identifier: Apache-2.0
// Any text as what a person writes or pastes: a catalogue, links, extra_model_paths.yaml (the first byte chooses).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "catalogue/catalogue.hpp"
#include "catalogue/folders.hpp"
#include "catalogue/links.hpp"

using namespace tmplbuild;

static void read_one_catalogue(std::string_view text) {
    const auto read = catalogue::read_catalogue(text, "fuzz");
    if (!read) {
        if (read.error().message.empty()) std::abort();
        return;
    }
    const auto again = catalogue::read_catalogue(catalogue::write_catalogue(*read), "again");
    if (!again || *again != *read) std::abort();
    for (const auto& set : read->sets)
        for (const auto& entry : set.entries)
            if (catalogue::problem_of(entry)) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
    switch (data[0] % 3) {
        case 0:
            read_one_catalogue(text);
            break;
        case 1:
            for (const auto& link : catalogue::read_links(text)) {
                if (link.url.empty() == link.problem.empty()) std::abort();
                if (!link.url.empty() && !link.url.starts_with("http")) std::abort();
            }
            break;
        default:
            if (const auto folders = catalogue::read_extra_model_paths(text, {"/fuzz/f.yaml", {{"HOME", "/root"}}}))
                for (const auto& folder : *folders)
                    if (!folder.path.starts_with('/')) std::abort();
    }
    return 0;
}
