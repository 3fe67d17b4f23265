// SPDX-License-Identifier: Apache-2.0
#include "status/snapshot.hpp"

#include <type_traits>
#include <utility>

#include "status/snapshot_fields.hpp"

namespace tmplbuild::status {

namespace {

constexpr std::size_t first_moments = 64, most_moments = 192;

// Writes each member that it sees.
class MemberWriter {
  public:
    template <class Value>
    void operator()(const char* key, const Value& value, std::int64_t = 0) {
        out_[key] = written(value);
    }
    json::object take() { return std::move(out_); }

  private:
    template <class Value>
    static json::value written(const Value& value) {
        if constexpr (std::is_arithmetic_v<Value> || std::is_same_v<Value, std::string>) {
            return json::value(value);
        } else {
            MemberWriter inner;
            walk(value, inner);
            return inner.take();
        }
    }
    template <class Number>
    static json::value written(const std::optional<Number>& number) {
        return number ? json::value(*number) : json::value();
    }
    template <class Element>
    static json::value written(const std::vector<Element>& list) {
        json::array out;
        for (const Element& element : list) out.push_back(written(element));
        return out;
    }

    json::object out_;
};

template <class Part>
json::object written_part(const Part& part) {
    MemberWriter writer;
    walk(part, writer);
    return writer.take();
}

// The progress of one part of the pod towards its final state, in percent.
int way_of(const Service& service) {
    if (service.state == "waiting" || service.state == "backoff") return 0;
    return service.state == "starting" || service.state == "running" ? 50 : 100;
}

int way_of(const Kernel& kernel) {
    if (kernel.state == "waiting") return 0;
    return kernel.state == "compiling" ? kernel.progress.value_or(0) : 100;
}

}  // namespace

json::object to_json(const Host& host) { return written_part(host); }
json::object to_json(const Gpu& gpu) { return written_part(gpu); }
json::object to_json(const Component& component) { return written_part(component); }
json::object to_json(const Service& service) { return written_part(service); }
json::object to_json(const Kernel& kernel) { return written_part(kernel); }
json::object to_json(const Moment& moment) { return written_part(moment); }

std::string write_snapshot(const Snapshot& snapshot) {
    MemberWriter writer;
    writer("version", snapshot_version);
    walk(snapshot, writer);
    return json::compact(writer.take());
}

void sum_up(Snapshot& snapshot, bool stopping) {
    int way = 0, parts = 0;
    bool degraded = false;
    for (const Service& service : snapshot.services) {
        way += way_of(service);
        ++parts;
        for (const char* state : {"failed", "unhealthy", "backoff", "blocked"})
            degraded = degraded || service.state == state;
    }
    for (const Kernel& kernel : snapshot.kernels) {
        way += way_of(kernel);
        ++parts;
        degraded = degraded || kernel.state == "failed" || kernel.state == "degraded" || kernel.next_try;
    }
    for (const Component& component : snapshot.components) degraded = degraded || component.state == "failed";
    snapshot.progress = parts == 0 ? 100 : way / parts;
    snapshot.state = stopping ? "stopping" : degraded ? "degraded" : snapshot.progress == 100 ? "ready" : "starting";
}

void Timeline::add(Moment moment) {
    moments_.push_back(std::move(moment));
    if (moments_.size() <= most_moments) return;
    moments_.erase(moments_.begin() + first_moments);
    ++left_out_;
}

}  // namespace tmplbuild::status
