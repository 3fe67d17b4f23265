// SPDX-License-Identifier: Apache-2.0
// The parts of the gateway's configuration that are the same for every pod, with @words@ for what is not. Their
// comments are for whoever reads the file in an image. Used by nginx_config.cpp.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tmplbuild::gateway {

extern const char* const head_text;        // up to and with what holds for all ports
extern const char* const owners_text;      // @services@: whose a port is
extern const char* const tables_text;      // for the services' ports: @backends@ @hosts@ @origins@ @fetch_sites@
extern const char* const to_console_text;  // @phase@ @method@: the headers of a request to the console
extern const char* const question_text;    // besides, for one without a body
extern const char* const body_text;        // for a location of the console that takes bodies
extern const char* const closed_text;      // the answer while the console is down
extern const char* const console_text;     // @listen@ @body@ @page@ @long@ @closed@: the console's own port
extern const char* const services_text;    // @listen@ @dropped@ @authorize@ @refuse@ @starting@ @body@ @page@ @closed@

// Puts each word's text for the line that the word is on, or for the word within a line.
std::string replace_words(std::string_view text, const std::vector<std::pair<std::string, std::string>>& words);

}  // namespace tmplbuild::gateway
