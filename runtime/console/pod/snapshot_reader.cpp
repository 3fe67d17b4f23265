// SPDX-License-Identifier: Apache-2.0
#include "console/pod/snapshot_reader.hpp"

#include <limits>
#include <optional>
#include <type_traits>

#include "base/json.hpp"
#include "status/snapshot_fields.hpp"

namespace tmplbuild::console {

namespace {

constexpr std::size_t most_parts = 4096;  // of one list; a pod has dozens

// Reads each member that it sees from one object, and keeps the first thing that is wrong with it.
class MemberReader {
  public:
    MemberReader(const json::value& value, std::string where) : where_(std::move(where)), object_(value.if_object()) {
        if (object_ == nullptr) problem_ = where_ + " is not an object";
    }

    template <class Value>
    void operator()(const char* key, Value& out, std::int64_t most = std::numeric_limits<std::int64_t>::max()) {
        if (!problem_.empty()) return;
        const json::value* value = object_->if_contains(key);
        if (value == nullptr)
            problem_ = where_ + " has no '" + key + "'";
        else
            read(key, *value, out, most);
    }
    const std::string& problem() const { return problem_; }

  private:
    void read(const std::string& key, const json::value& value, std::string& out, std::int64_t) {
        if (!value.is_string()) return wrong(key, "a text");
        out = std::string(value.get_string());
    }
    void read(const std::string& key, const json::value& value, bool& out, std::int64_t) {
        if (!value.is_bool()) return wrong(key, "true or false");
        out = value.get_bool();
    }
    template <class Number>
    requires std::is_integral_v<Number>
    void read(const std::string& key, const json::value& value, Number& out, std::int64_t most) {
        if (!value.is_int64() || value.get_int64() < 0 || value.get_int64() > most)
            return wrong(key, "a whole number that is not negative");
        out = static_cast<Number>(value.get_int64());
    }
    template <class Number>
    void read(const std::string& key, const json::value& value, std::optional<Number>& out, std::int64_t most) {
        if (!value.is_null()) read(key, value, out.emplace(), most);
    }
    template <class Element>
    void read(const std::string& key, const json::value& value, std::vector<Element>& out, std::int64_t most) {
        const json::array* list = value.if_array();
        if (list == nullptr || list->size() > most_parts) return wrong(key, "a list of at most 4096 elements");
        for (std::size_t i = 0; i < list->size() && problem_.empty(); ++i)
            read(key + "[" + std::to_string(i) + "]", (*list)[i], out.emplace_back(), most);
    }
    template <class Part>
    requires std::is_class_v<Part>
    void read(const std::string& key, const json::value& value, Part& out, std::int64_t) {
        MemberReader in(value, where_ + "." + key);
        if (in.problem().empty()) walk(out, in);
        problem_ = in.problem();
    }
    void wrong(const std::string& key, const char* expected) { problem_ = where_ + "." + key + " is not " + expected; }

    std::string where_, problem_;
    const json::object* object_;
};

}  // namespace

Result<status::Snapshot> read_snapshot(std::string_view line) {
    const auto value = json::parse(line, "the launcher's status");
    if (!value) return value.error();
    status::Snapshot out;
    MemberReader in(*value, "status");
    std::int64_t version = 0;
    in("version", version);
    if (in.problem().empty() && version != status::snapshot_version)
        return build_error("the launcher's status has version " + std::to_string(version) +
                           ", and this console knows " + std::to_string(status::snapshot_version));
    walk(out, in);
    if (!in.problem().empty()) return build_error("the launcher's status cannot be read: " + in.problem());
    return out;
}

}  // namespace tmplbuild::console
