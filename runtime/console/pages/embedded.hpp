// SPDX-License-Identifier: Apache-2.0
// The console's pages as the build put them into the program (cmake/EmbedPages.cmake). The console's web room serves
// them. Nothing here fills a page: that is the server's, and every value goes in HTML-escaped.
#pragma once

#include <span>
#include <string_view>

namespace tmplbuild::console::pages {

// Served at /_tmplbuild/static/<hash>/<name>. The hash is of its content, so an address means the same bytes forever.
struct StaticFile {
    std::string_view name, hash, content_type, gzip;
};

// A page with the addresses of its static files in place. The server fills the rest: {{state}} with JSON in which <, >
// and & are escaped; {{csrf}}, {{pod}}, {{service}}, {{message}}, {{form_action}}, {{ticket}}, {{return}}, {{notice}}
// and {{status}} with HTML-escaped text.
struct Page {
    std::string_view name, text;  // name: "status.html"
};

// Both are sorted by name.
std::span<const StaticFile> static_files();
std::span<const Page> pages();

}  // namespace tmplbuild::console::pages
