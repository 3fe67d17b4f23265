// SPDX-License-Identifier: Apache-2.0
// Any text as the record of downloads, as what servers say in headers, and as an order of the API: what is read is
// written and read the same, names are names, and folders lie beneath their roots.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "download/answers.hpp"
#include "download/order.hpp"
#include "download/record.hpp"

using namespace tmplbuild;
using namespace tmplbuild::download;

static void check(bool right) {
    if (!right) std::abort();
}

static void check_headers(const std::string& text) {
    for (const std::string& name : {disposition_name(text), disposition_name_in_url(text), name_in(text)})
        check(name.empty() || is_good_name(name));
    if (const auto seconds = retry_after_seconds(text, 1'795'867'200)) check(*seconds >= 0 && *seconds <= 86'400);
    if (const auto limit = rate_limit(text)) check(limit->left >= 0 && limit->seconds >= 0 && limit->seconds <= 86'400);
    if (const auto range = content_range(text)) check(!range->first || !range->size || *range->first < *range->size);
    for (const Hub hub : {Hub::huggingface, Hub::civitai, Hub::none})
        for (const int status : {401, 403, 404, 429, 503}) {
            const Headers headers{{"x-error-message", text}, {"retry-after", text}, {"ratelimit", text}};
            const Outcome outcome = meaning_of({hub, true, false, status, headers, text}, 0);
            check(!outcome.reason.empty() && outcome.wait >= 0 && outcome.reason.find('\n') == std::string::npos);
        }
}

static void check_addresses(const std::string& text) {
    const Endpoints endpoints;
    check(shown_url(text).find('?') == std::string::npos);
    if (const auto url = normalised_url(text, endpoints)) {
        check(url->starts_with("http") || url->starts_with("HTTP"));
        // Only the hubs' own origins see a key.
        const std::string first = first_url(*url, endpoints);
        if (takes_key(hub_of(*url, endpoints), first, true, endpoints)) {
            const std::string origin = origin_of(first);
            check(origin == "https://huggingface.co" || origin == "https://civitai.com" ||
                  origin == "https://civitai.red" || origin == "https://www.civitai.com");
        }
    }
    const Roots roots{"/v/m", "/v"};
    if (const auto to = destination_of(text, roots)) {
        const std::string around = "/" + to->folder + "/";
        check(around.find("/../") == std::string::npos && around.find("/./") == std::string::npos);
        check(around.find('\\') == std::string::npos && around.find("/.tmplbuild/") == std::string::npos);
    }
    if (const auto value = json::parse(text, "order"))
        if (const auto item = read_order(*value, roots, endpoints))
            check(item->name.empty() || is_good_name(item->name));
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto queue = read_record(text)) {
        const std::string kept = write_record(*queue);
        const auto again = read_record(kept);
        check(again && write_record(*again) == kept);
        check(transition(*queue, Ticked{}, 1).queue.items.size() == queue->items.size());
    } else {
        check(!queue.error().message.empty());
    }
    check_headers(text);
    check_addresses(text);
    return 0;
}
