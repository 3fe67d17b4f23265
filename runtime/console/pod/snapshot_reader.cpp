// SPDX-License-Identifier: Apache-2.0
#include "console/pod/snapshot_reader.hpp"

#include <limits>
#include <optional>
#include <type_traits>

#include "base/json.hpp"

namespace tmplbuild::console {

namespace {

constexpr std::size_t most_parts = 4096;  // of one list; a pod has dozens

// Reads the members of one object and keeps the first thing that is wrong with them.
class SnapshotMembers {
  public:
    SnapshotMembers(const json::value& value, std::string where)
        : where_(std::move(where)), object_(value.if_object()) {
        if (object_ == nullptr) problem_ = where_ + " is not an object";
    }

    void read(const char* key, std::string& out) {
        if (const json::value* value = find(key)) {
            if (value->is_string())
                out = std::string(value->get_string());
            else
                wrong(key, "a text");
        }
    }
    void read(const char* key, bool& out) {
        if (const json::value* value = find(key)) {
            if (value->is_bool())
                out = value->get_bool();
            else
                wrong(key, "true or false");
        }
    }
    template <class Number>
    requires std::is_integral_v<Number>
    void read(const char* key, Number& out, std::int64_t most = std::numeric_limits<std::int64_t>::max()) {
        if (const json::value* value = find(key)) out = number<Number>(key, *value, most);
    }
    template <class Number>
    void read(const char* key, std::optional<Number>& out,
              std::int64_t most = std::numeric_limits<std::int64_t>::max()) {
        const json::value* value = find(key);
        if (value != nullptr && !value->is_null()) out = number<Number>(key, *value, most);
    }
    void read(const char* key, std::vector<std::string>& out) {
        for_each(key, [&](const json::value& one, const std::string&) {
            if (one.is_string())
                out.emplace_back(one.get_string());
            else
                wrong(key, "a list of texts");
        });
    }
    // `take` gets each element and the words for its place.
    template <class Take>
    void for_each(const char* key, const Take& take) {
        const json::value* value = find(key);
        if (value == nullptr) return;
        const json::array* list = value->if_array();
        if (list == nullptr || list->size() > most_parts) return wrong(key, "a list of at most 4096 elements");
        for (std::size_t i = 0; i < list->size(); ++i)
            take((*list)[i], where_ + "." + key + "[" + std::to_string(i) + "]");
    }
    // An object of its own, or none where a member before it was wrong.
    const json::value* find(const char* key) {
        if (!problem_.empty()) return nullptr;
        const json::value* value = object_->if_contains(key);
        if (value == nullptr) problem_ = where_ + " has no '" + key + "'";
        return value;
    }
    void take(const std::string& problem) {
        if (problem_.empty()) problem_ = problem;
    }
    const std::string& problem() const { return problem_; }

  private:
    template <class Number>
    Number number(const char* key, const json::value& value, std::int64_t most) {
        if (value.is_int64() && value.get_int64() >= 0 && value.get_int64() <= most)
            return static_cast<Number>(value.get_int64());
        wrong(key, "a whole number that is not negative");
        return {};
    }
    void wrong(const char* key, const char* expected) {
        if (problem_.empty()) problem_ = where_ + "." + key + " is not " + expected;
    }

    std::string where_, problem_;
    const json::object* object_;
};

template <class Part>
void read_part(SnapshotMembers& in, Part& out) {
    in.read("name", out.name);
    in.read("state", out.state);
    in.read("reason", out.reason);
    in.read("since", out.since);
    in.read("next_try", out.next_try);
}

void read_members(SnapshotMembers& in, status::Host& out) {
    in.read("state", out.state);
    in.read("reason", out.reason);
    in.read("driver", out.driver);
    in.read("cuda", out.cuda);
    in.read("simulated", out.simulated);
}

void read_members(SnapshotMembers& in, status::Gpu& out) {
    in.read("index", out.index);
    in.read("name", out.name);
    in.read("capability", out.capability);
    in.read("memory_bytes", out.memory_bytes);
}

void read_members(SnapshotMembers& in, status::Component& out) { read_part(in, out); }

void read_members(SnapshotMembers& in, status::Service& out) {
    read_part(in, out);
    in.read("port", out.port, 65535);
    in.read("ready", out.ready);
    in.read("critical", out.critical);
    in.read("pid", out.pid);
    in.read("restarts", out.restarts);
    in.read("memory_kills", out.memory_kills);
    in.read("needs", out.needs);
    in.read("uses_kernels", out.uses_kernels);
    in.read("with_kernels", out.with_kernels);
}

void read_members(SnapshotMembers& in, status::Kernel& out) {
    read_part(in, out);
    in.read("mode", out.mode);
    in.read("verdict", out.verdict);
    in.read("arch", out.arch);
    in.read("progress", out.progress, 100);
    in.read("seconds_left", out.seconds_left);
    in.read("simulated", out.simulated);
}

void read_members(SnapshotMembers& in, status::Logs& out) {
    in.read("state", out.state);
    in.read("folder", out.folder);
    in.read("reason", out.reason);
    in.read("dropped", out.dropped);
    in.read("stdout_dropped", out.stdout_dropped);
}

void read_members(SnapshotMembers& in, status::Moment& out) {
    in.read("at", out.at);
    in.read("who", out.who);
    in.read("text", out.text);
}

template <class Value>
void read_value(SnapshotMembers& parent, const json::value& value, const std::string& where, Value& out) {
    SnapshotMembers in(value, where);
    if (in.problem().empty()) read_members(in, out);
    parent.take(in.problem());
}

template <class Value>
void read_list(SnapshotMembers& in, const char* key, std::vector<Value>& out) {
    in.for_each(key, [&](const json::value& value, const std::string& where) {
        read_value(in, value, where, out.emplace_back());
    });
}

}  // namespace

Result<status::Snapshot> read_snapshot(std::string_view line) {
    const auto value = json::parse(line, "the launcher's status");
    if (!value) return value.error();
    status::Snapshot out;
    SnapshotMembers in(*value, "status");
    std::int64_t version = 0;
    in.read("version", version);
    if (in.problem().empty() && version != status::snapshot_version)
        return build_error("the launcher's status has version " + std::to_string(version) +
                           ", and this console knows 1");
    in.read("pod", out.pod);
    in.read("state", out.state);
    in.read("progress", out.progress, 100);
    in.read("now", out.now);
    in.read("started", out.started);
    if (const json::value* host = in.find("host")) read_value(in, *host, "status.host", out.host);
    read_list(in, "gpus", out.gpus);
    read_list(in, "components", out.components);
    read_list(in, "services", out.services);
    read_list(in, "kernels", out.kernels);
    if (const json::value* logs = in.find("logs")) read_value(in, *logs, "status.logs", out.logs);
    read_list(in, "timeline", out.timeline);
    in.read("timeline_left_out", out.timeline_left_out);
    in.read("orphans", out.orphans);
    if (!in.problem().empty()) return build_error("the launcher's status cannot be read: " + in.problem());
    return out;
}

}  // namespace tmplbuild::console
