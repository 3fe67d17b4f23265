// SPDX-License-Identifier: Apache-2.0
#include "download/order.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"

namespace tmplbuild::download {

static Result<void> read_place(const json::object& object, const Roots& roots, Item& item) {
    std::string folder = json::string_or(object, "directory", ""), path = json::string_or(object, "path", "");
    item.asked = folder.empty() ? path : folder;
    // A catalogue's names may have a folder of their own.
    if (const std::size_t slash = item.name.rfind('/'); slash != std::string::npos && slash != 0) {
        (folder.empty() ? path : folder) += "/" + item.name.substr(0, slash);
        item.name.erase(0, slash + 1);
    }
    if (!folder.empty() && !path.empty()) return usage_error("both a directory and a path are said", "say one of them");
    if (!path.empty()) {
        folder = path.starts_with('/') ? path : roots.volume + "/" + path;
        if (item.name.empty() && !folder.ends_with('/')) {
            const std::size_t slash = folder.rfind('/');
            item.name = folder.substr(slash + 1);
            folder.resize(slash == 0 ? 1 : slash);
        }
    }
    auto to = destination_of(folder, roots);
    if (!to) return to.error();
    item.to = std::move(*to);
    return {};
}

Result<Item> read_order(const json::value& value, const Roots& roots, const Endpoints& endpoints) {
    const json::object* object = value.if_object();
    if (object == nullptr) return usage_error("this is no object with a url");
    Item item;
    auto url = normalised_url(json::string_or(*object, "url", ""), endpoints);
    if (!url) return url.error();
    item.url = std::move(*url);
    item.name = json::string_or(*object, "name", "");
    if (auto placed = read_place(*object, roots, item); !placed) return placed.error();
    if (item.name.empty() && hub_of(item.url, endpoints) == Hub::huggingface) item.name = name_in(item.url);
    if (!item.name.empty() && !is_good_name(item.name))
        return usage_error("no file can be called so",
                           "a name has no slash, backslash or control character, and does not begin with a dot");
    item.sha256 = to_lower(json::string_or(*object, "sha256", ""));
    if (!item.sha256.empty() && !Digest::parse_hex(item.sha256))
        return usage_error("the sha256 is no SHA-256", "it has 64 hexadecimal digits");
    if (const json::value* size = object->if_contains("size"); size != nullptr && !size->is_null()) {
        boost::system::error_code wrong;
        const auto number = size->is_number() ? size->to_number<std::int64_t>(wrong) : -1;
        if (wrong || number < 0) return usage_error("the size is no whole number of bytes");
        item.wanted_size = static_cast<std::uint64_t>(number);
    }
    item.set = json::string_or(*object, "set", "").substr(0, 200);
    return item;
}

}  // namespace tmplbuild::download
