// SPDX-License-Identifier: Apache-2.0
#include "console/models/original_status.hpp"

#include <cmath>
#include <string_view>

namespace tmplbuild::console {

namespace {

double rounded(double number) { return std::round(number * 100) / 100; }

double number_in(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

const char* original_state(std::string_view state) {
    if (state == "done") return "completed";
    if (state == "failed" || state == "cancelled") return "error";
    return state == "waiting" ? "starting" : "downloading";
}

json::object original_download(const json::object& item) {
    constexpr double mega = 1024.0 * 1024.0;
    const std::string state = json::string_or(item, "state", "");
    const double size = number_in(item, "size"), done = number_in(item, "done_bytes"), speed = number_in(item, "speed"),
                 left = number_in(item, "seconds_left"), finished = number_in(item, "finished") / 1000;
    const bool is_done = state == "done";
    json::object out{{"progress", is_done    ? 100
                                  : size > 0 ? rounded(done / size * 100)
                                             : 0},
                     {"status", original_state(state)},
                     {"url", json::string_or(item, "url", "")},
                     {"start_time", number_in(item, "added") / 1000},
                     {"timestamp", finished > 0 ? finished : number_in(item, "added") / 1000},
                     {"file_size", size},
                     {"downloaded", done},
                     {"speed", speed},
                     {"eta", left}};
    out["completion_time"] = is_done ? json::value(finished) : json::value();
    const std::string reason = json::string_or(item, "reason", "");
    out["error"] = state == "cancelled" ? json::value("cancelled")
                   : state == "failed"  ? json::value(reason)
                                        : json::value();
    out["file_size_mb"] = rounded(size / mega);
    out["downloaded_mb"] = rounded(done / mega);
    out["speed_mb"] = rounded(speed / mega);
    out["eta_minutes"] = rounded(left / 60);
    return out;
}

}  // namespace

json::object original_downloads(const json::object& view) {
    json::object out;
    const auto items = json::get_array(view, "items");
    if (!items) return out;
    for (const json::value& item : **items)
        if (const json::object* object = item.if_object())
            out[json::string_or(*object, "path", "")] = original_download(*object);
    return out;
}

}  // namespace tmplbuild::console
