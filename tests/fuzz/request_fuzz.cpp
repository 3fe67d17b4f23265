// SPDX-License-Identifier: Apache-2.0
// Any headers and body as a request of the gateway, a line for each header, then an empty line and the body: nobody who
// has no session and no token may pass, and what goes into a page becomes no markup.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.hpp"
#include "console/web/authorize.hpp"
#include "console/web/page_text.hpp"

using namespace tmplbuild;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    console::HeaderList headers;
    const std::size_t end = text.find("\n\n");
    for (const std::string& line : split(text.substr(0, end), '\n')) {
        const std::size_t colon = line.find(": ");
        if (colon == std::string::npos) continue;
        headers.emplace_back(to_lower(line.substr(0, colon)), line.substr(colon + 2));
    }
    const auto request =
        console::read_request(headers, end == std::string_view::npos ? "" : std::string(text.substr(end + 2)));
    if (!request) {
        if (request.error().message.empty()) std::abort();
        return 0;
    }
    if (request->path.empty() || request->path.front() != '/' || request->port == 0) std::abort();
    for (const std::string& source : {request->query, request->body})
        for (const auto& [name, value] : console::form_values(source)) {
            const std::string page = console::filled_page("{{a}}", {{"a", value}});
            if (page.find_first_of("<>\"'") != std::string::npos) std::abort();
        }
    std::vector<std::string> notes;
    const auto origins = console::OwnOrigins::of("abc", "8188=https://comfy.example", 8765, notes);
    console::Sessions sessions(Sha256::of("password"));
    console::BearerTokens tokens;
    const std::vector<std::string> entry{"/"};
    for (const auto* where : {&entry, static_cast<const std::vector<std::string>*>(nullptr)}) {
        const auto visitor = console::look_at(*request, {origins, &sessions, &tokens, false}, where, 1);
        if (visitor.decision.outcome == console::Outcome::pass) std::abort();
        if (console::authorize_answer(*request, visitor).status == 204) std::abort();
        const auto open = console::look_at(*request, {origins, nullptr, nullptr, true}, where, 1);
        const auto answer = console::authorize_answer(*request, open);
        if (answer.status == 204 && !open.here) std::abort();
    }
    return 0;
}
