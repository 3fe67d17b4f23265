// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <algorithm>
#include <chrono>

#include "base/text.hpp"
#include "console/files/entry.hpp"
#include "console/files/kinds.hpp"
#include "console/files/lists.hpp"
#include "console/files/names.hpp"
#include "console/files/values.hpp"
#include "console/files/walk.hpp"

namespace tmplbuild::console::files {

namespace {

constexpr std::chrono::milliseconds counting_takes{1'500};  // how many entries folders have is left out after that

enum class Sort { name, size, modified, type };

struct Wish {
    Place folder{};
    Sort sort = Sort::name;
    bool is_descending = false, with_hidden = false;
    std::size_t offset = 0, limit = SIZE_MAX;
};

Reply<Wish> wish_of(const Conversation& talk, const Roots& roots) {
    const auto given = Values::of(talk);
    if (!given) return given.error();
    Wish out;
    const std::string path = given->text("path");
    auto folder = path.empty() ? start_folder(roots) : roots.place(path);
    if (!folder) return folder.error();
    out.folder = std::move(*folder);
    const auto sort = given->one_of("sort", {"name", "size", "modified", "type"});
    const auto order = given->one_of("order", {"asc", "desc"});
    const auto offset = given->number("offset", 0), limit = given->number("limit", INT64_MAX);
    if (!sort || !order || !offset || !limit)
        return !sort ? sort.error() : !order ? order.error() : !offset ? offset.error() : limit.error();
    out.sort = static_cast<Sort>(*sort);
    out.is_descending = *order == 1;
    out.with_hidden = given->flag("hidden");
    out.offset = static_cast<std::size_t>(*offset);
    out.limit = static_cast<std::size_t>(*limit);
    return out;
}

// What is compared: small letters before anything else, as people read names.
struct Listed {
    Entry entry{};
    std::string key{};
};

std::vector<Listed> read_all(const Roots& roots, const Wish& wish, Names& names, Line& line) {
    std::vector<Listed> out;
    unsigned char type = 0;
    while (const char* name = names.next(type)) {
        line.at_work();
        if ((*name == '.' && !wish.with_hidden) || (type == DT_DIR && roots.keeps(wish.folder.child(name)))) continue;
        Listed one;
        one.entry.name = name;
        one.entry.info.st_mode = DTTOIF(type);
        one.key = to_lower(one.entry.name);
        // For its place among the others; the rest is read of those that are shown.
        if (wish.sort == Sort::size || wish.sort == Sort::modified || type == DT_LNK)
            look_at_entry(roots, wish.folder, names.fd(), one.entry);
        if (wish.sort == Sort::type && type != DT_DIR) one.key = extension_of(one.key) + '\0' + one.key;
        out.push_back(std::move(one));
    }
    return out;
}

void sort_all(std::vector<Listed>& all, const Wish& wish) {
    const auto number = [&](const Entry& entry) {
        if (wish.sort == Sort::size) return static_cast<std::int64_t>(entry.is_folder() ? 0 : entry.info.st_size);
        if (wish.sort == Sort::modified)
            return static_cast<std::int64_t>(entry.info.st_mtim.tv_sec) * 1'000'000'000 + entry.info.st_mtim.tv_nsec;
        return std::int64_t{0};
    };
    std::sort(all.begin(), all.end(), [&](const Listed& a, const Listed& b) {
        if (a.entry.is_folder() != b.entry.is_folder()) return a.entry.is_folder();
        const Listed &first = wish.is_descending ? b : a, &second = wish.is_descending ? a : b;
        const auto left = number(first.entry), right = number(second.entry);
        if (left != right) return left < right;
        return first.key != second.key ? first.key < second.key : first.entry.name < second.entry.name;
    });
}

void add_breadcrumbs(std::string& json, const Place& folder) {
    Place at{folder.root, {}};
    json += "\"breadcrumbs\":[";
    std::vector<std::string> parts{""};
    if (!folder.inner.empty())
        for (std::string& part : split(folder.inner, '/')) parts.push_back(std::move(part));
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i != 0) at = at.child(parts[i]);
        json += i == 0 ? "{\"name\":" : ",{\"name\":";
        add_text(json, shown(at.name()));
        json += ",\"path\":";
        add_text(json, shown(at.path()));
        json += '}';
    }
    json += "],";
}

void add_numbers(std::string& json, const std::vector<Listed>& all) {
    const auto folders = std::count_if(all.begin(), all.end(), [](const Listed& one) { return one.entry.is_folder(); });
    json += "\"total_items\":" + std::to_string(all.size()) +
            ",\"total_files\":" + std::to_string(static_cast<std::ptrdiff_t>(all.size()) - folders) +
            ",\"total_folders\":" + std::to_string(folders) + "}\n";
}

void add_contents(std::string& json, const Roots& roots, const Wish& wish, std::vector<Listed>& all, int fd,
                  Line& line) {
    const auto until = std::chrono::steady_clock::now() + counting_takes;
    const std::size_t begin = std::min(wish.offset, all.size());
    const std::size_t end = begin + std::min(wish.limit, all.size() - begin);
    const std::string path = shown(wish.folder.path());
    json += "\"contents\":[";
    json.reserve(json.size() + (end - begin) * 400);
    for (std::size_t i = begin; i < end; ++i) {
        line.at_work();
        Entry& entry = all[i].entry;
        if (!entry.is_known) look_at_entry(roots, wish.folder, fd, entry);
        const bool counts = entry.is_folder() && !entry.is_link && std::chrono::steady_clock::now() < until;
        if (i != begin) json += ',';
        add_entry(json, path, entry, counts ? count_entries(fd, entry.name) : Counts{});
    }
    json += "],";
}

}  // namespace

Reply<void> browse(Conversation& talk, const Roots& roots) {
    const auto wish = wish_of(talk, roots);
    if (!wish) return wish.error();
    auto folder = roots.open_folder(wish->folder);
    if (!folder) return folder.error();
    Names names(std::move(*folder));
    auto all = read_all(roots, *wish, names, talk.line());
    sort_all(all, *wish);
    std::string json = "{\"current_path\":";
    add_text(json, shown(wish->folder.path()));
    json += ",\"parent_path\":";
    if (wish->folder.is_root())
        json += "null";
    else
        add_text(json, shown(wish->folder.parent().path()));
    json += ",\"roots\":[";
    for (const Root& root : roots.all()) {
        if (&root != &roots.all().front()) json += ',';
        add_text(json, shown(root.path));
    }
    json += std::string("],\"is_writable\":") + (is_writable(names.fd(), ".") ? "true," : "false,");
    add_breadcrumbs(json, wish->folder);
    add_contents(json, roots, *wish, all, names.fd(), talk.line());
    add_numbers(json, all);
    talk.answer(json_text_answer(200, std::move(json)));
    return {};
}

}  // namespace tmplbuild::console::files
