// SPDX-License-Identifier: Apache-2.0
#include "ctl/show.hpp"

#include <algorithm>
#include <vector>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace tmplbuild::ctl {

namespace {

using Row = std::vector<std::string>;

std::string text_of(const json::object& object, const char* key) { return visible(json::string_or(object, key, "")); }

const json::array& list_of(const json::object& object, const char* key) {
    static const json::array none;
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_array() ? value->get_array() : none;
}

std::string whole_seconds(std::int64_t seconds) {
    return seconds < 10 ? std::to_string(seconds) + " s" : human_seconds(static_cast<double>(seconds));
}

std::string ago(std::int64_t now, std::int64_t then) {
    return whole_seconds(std::max<std::int64_t>(now - then, 0) / 1000);
}

std::string number_or_dash(const json::object& object, const char* key) {
    const std::int64_t number = json::int_or(object, key, 0);
    return number == 0 ? "-" : std::to_string(number);
}

// Columns are as wide as their widest cell; a text after the last column (a reason) gets a line of its own.
std::string table(const std::vector<Row>& rows, std::size_t count) {
    std::vector<std::size_t> widths(count, 0);
    for (const Row& row : rows)
        for (std::size_t i = 0; i < count; ++i) widths[i] = std::max(widths[i], columns(row[i]));
    std::string out;
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < count; ++i)
            line += row[i] + (i + 1 < count ? std::string(widths[i] - columns(row[i]) + 2, ' ') : std::string());
        out += line + "\n";
        if (row.size() > count && !row[count].empty()) out += "  " + row[count] + "\n";
    }
    return out;
}

std::string reason_of(const json::object& part, std::int64_t now) {
    std::string out = text_of(part, "reason");
    const std::int64_t next = json::int_or(part, "next_try", 0);
    if (next > now) out += (out.empty() ? "" : "; ") + std::string("next try in ") + ago(next, now);
    const std::int64_t kills = json::int_or(part, "memory_kills", 0);
    if (kills > 0) out += (out.empty() ? "" : "; ") + std::string("killed for memory: ") + std::to_string(kills);
    return out;
}

std::string services(const json::object& snapshot, std::int64_t now) {
    std::vector<Row> rows{{"SERVICE", "STATE", "SINCE", "PORT", "PID", "RESTARTS"}};
    for (const json::value& value : list_of(snapshot, "services")) {
        const json::object* service = value.if_object();
        if (service == nullptr) continue;
        rows.push_back({text_of(*service, "name"), text_of(*service, "state"),
                        ago(now, json::int_or(*service, "since", now)), number_or_dash(*service, "port"),
                        number_or_dash(*service, "pid"), std::to_string(json::int_or(*service, "restarts", 0)),
                        reason_of(*service, now)});
    }
    return rows.size() > 1 ? "\n" + table(rows, 6) : std::string();
}

// ", 2 min 10 s left"; empty where the job does not know.
std::string time_left(const json::object& kernel) {
    const std::int64_t seconds = json::int_or(kernel, "seconds_left", -1);
    return seconds < 0 ? "" : ", " + whole_seconds(seconds) + " left";
}

std::string kernels(const json::object& snapshot, std::int64_t now) {
    std::vector<Row> rows{{"KERNEL", "STATE", "SINCE", "VERDICT", "ARCH", "MODE"}};
    for (const json::value& value : list_of(snapshot, "kernels")) {
        const json::object* kernel = value.if_object();
        if (kernel == nullptr) continue;
        std::string state = text_of(*kernel, "state");
        if (json::bool_or(*kernel, "simulated", false)) state += " (simulated)";
        if (const json::value* progress = kernel->if_contains("progress"); progress != nullptr && progress->is_int64())
            state += " " + std::to_string(progress->get_int64()) + " %" + time_left(*kernel);
        rows.push_back({text_of(*kernel, "name"), state, ago(now, json::int_or(*kernel, "since", now)),
                        text_of(*kernel, "verdict"), text_of(*kernel, "arch"), text_of(*kernel, "mode"),
                        reason_of(*kernel, now)});
    }
    return rows.size() > 1 ? "\n" + table(rows, 6) : std::string();
}

std::string machine(const json::object& snapshot) {
    std::string out;
    if (const json::value* host = snapshot.if_contains("host"); host != nullptr && host->is_object()) {
        const std::string state = text_of(host->get_object(), "state");
        const std::string reason = text_of(host->get_object(), "reason");
        if (state != "unknown") out += "GPU: " + state + (reason.empty() ? "" : ", " + reason) + "\n";
    }
    for (const json::value& value : list_of(snapshot, "gpus"))
        if (const json::object* gpu = value.if_object())
            out += "  " + std::to_string(json::int_or(*gpu, "index", 0)) + ": " + text_of(*gpu, "name") + " (" +
                   text_of(*gpu, "capability") + ")\n";
    return out;
}

std::string logs(const json::object& snapshot) {
    const json::value* value = snapshot.if_contains("logs");
    if (value == nullptr || !value->is_object()) return {};
    const json::object& logs = value->get_object();
    const std::string folder = text_of(logs, "folder");
    const std::string reason = text_of(logs, "reason");
    const std::int64_t dropped = json::int_or(logs, "dropped", 0);
    return "\nlogs: " + text_of(logs, "state") + (folder.empty() ? "" : ", in " + folder) +
           (reason.empty() ? "" : ", " + reason) +
           (dropped == 0 ? "" : ", " + std::to_string(dropped) + " lines dropped") + "\n";
}

}  // namespace

std::string show_status(const json::object& snapshot) {
    const std::int64_t now = json::int_or(snapshot, "now", 0);
    std::string out = "pod " + text_of(snapshot, "pod") + ": " + text_of(snapshot, "state") + ", " +
                      std::to_string(json::int_or(snapshot, "progress", 0)) + " %, up " +
                      ago(now, json::int_or(snapshot, "started", now)) + "\n";
    out += machine(snapshot) + services(snapshot, now) + kernels(snapshot, now);
    std::string parts;
    for (const json::value& value : list_of(snapshot, "components"))
        if (const json::object* part = value.if_object(); part != nullptr && !reason_of(*part, now).empty())
            parts += text_of(*part, "name") + ": " + text_of(*part, "state") + ", " + reason_of(*part, now) + "\n";
    return out + logs(snapshot) + parts;
}

}  // namespace tmplbuild::ctl
