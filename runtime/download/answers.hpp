// SPDX-License-Identifier: Apache-2.0
// What a server's refusal means, in words, with what a person can do, and whether another try makes sense. One table
// for Hugging Face, CivitAI and everybody else. Pure.
#pragma once

#include <string>

#include "download/header_words.hpp"
#include "download/queue.hpp"
#include "download/source.hpp"

namespace tmplbuild::download {

struct Refusal {
    Hub hub = Hub::none;    // whose file it is
    bool at_origin = true;  // the hub itself answered, not the store to which it led
    bool had_key = false;   // the hub's key went along
    int status = 0;
    Headers headers{};
    std::string body{};  // its beginning
};

Outcome meaning_of(const Refusal& refusal, UnixMs now);

// Why a body cannot be the file that is wanted: a page or a message in its place; empty: it may be the file. `name` is
// empty where the file has none yet.
std::string why_no_file(const Headers& headers, std::string_view beginning, std::string_view name);

}  // namespace tmplbuild::download
