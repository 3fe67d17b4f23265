// SPDX-License-Identifier: Apache-2.0
// Any line as the launcher's snapshot: what is read must be written and read again as the same, and shown without harm.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "console/pod/pod_view.hpp"
#include "console/pod/snapshot_reader.hpp"
#include "console/web/capabilities.hpp"
#include "console/web/metrics.hpp"

using namespace tmplbuild;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto snapshot = console::read_snapshot({reinterpret_cast<const char*>(data), size});
    if (!snapshot) {
        if (snapshot.error().message.empty()) std::abort();
        return 0;
    }
    const std::string text = status::write_snapshot(*snapshot);
    const auto again = console::read_snapshot(text);
    if (!again || status::write_snapshot(*again) != text) std::abort();
    const json::object view = console::view_of({.snapshot = &*snapshot});
    if (json::compact(view).empty() || console::metrics_text(view, {}).empty()) std::abort();
    if (console::capabilities_of(view, "fuzz").empty()) std::abort();
    return 0;
}
