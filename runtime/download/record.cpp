// SPDX-License-Identifier: Apache-2.0
#include "download/record.hpp"

namespace tmplbuild::download {

static constexpr std::int64_t record_version = 1;

std::string write_record(const Queue& queue) {
    json::array items;
    for (const Item& item : queue.items) items.push_back(to_record(item));
    return json::compact(json::object{{"version", record_version}, {"items", std::move(items)}}) + "\n";
}

Result<Queue> read_record(std::string_view text) {
    if (text.size() > longest_record) return build_error("the record of downloads is too long");
    const auto value = json::parse(text, "the record of downloads");
    if (!value) return value.error();
    const json::object* object = value->if_object();
    if (object == nullptr || json::int_or(*object, "version", 0) != record_version)
        return build_error("the record of downloads is of another version than " + std::to_string(record_version));
    const auto items = json::get_array(*object, "items");
    if (!items) return items.error();
    if ((*items)->size() > most_items) return build_error("the record of downloads has too many");
    Queue queue;
    for (const json::value& one : **items) {
        auto item = from_record(one);
        if (!item || queue.find(item->id) != nullptr) {
            ++queue.left_out;
            continue;
        }
        if (item->state == ItemState::running || item->state == ItemState::verifying) item->state = ItemState::waiting;
        queue.items.push_back(std::move(*item));
    }
    return queue;
}

}  // namespace tmplbuild::download
