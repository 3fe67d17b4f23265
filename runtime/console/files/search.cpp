// SPDX-License-Identifier: Apache-2.0
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "base/text.hpp"
#include "console/files/entry.hpp"
#include "console/files/kinds.hpp"
#include "console/files/lists.hpp"
#include "console/files/names.hpp"
#include "console/files/values.hpp"
#include "console/files/walk.hpp"

namespace tmplbuild::console::files {

namespace {

constexpr std::size_t most_results = 100, shortest_word = 2;
constexpr std::chrono::milliseconds search_takes{20'000}, sizing_takes{3'000};

// Whether a name has the word, in small letters, without making a copy of the name.
bool has_word(std::string_view name, std::string_view word) {
    const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::search(name.begin(), name.end(), word.begin(), word.end(),
                       [&](char a, char b) { return low(a) == b; }) != name.end();
}

struct Hunt {
    const Roots& roots;
    Place from;
    std::string word, kind;
    bool with_hidden = false;
    std::string json{};
    std::size_t shown_count = 0, all_count = 0;

    bool is_wanted(const Found& found) const {
        if (!has_word(found.name, word)) return false;
        if (kind.empty()) return true;
        if (kind == "folder") return found.type == DT_DIR;
        return found.type != DT_DIR && (kind == "file" || kind_of(found.name).category == kind);
    }

    void add(const Found& found) {
        const Place folder = found.inside.empty() ? from : from.child(found.inside.substr(0, found.inside.size() - 1));
        Entry entry;
        entry.name = found.name;
        look_at_entry(roots, folder, found.folder, entry);
        if (shown_count++ != 0) json += ',';
        add_entry(json, shown(folder.path()), entry,
                  entry.is_folder() ? count_entries(found.folder, entry.name) : Counts{});
    }

    Step visit(const Found& found) {
        const bool is_hidden = *found.name == '.' && !with_hidden;
        if (is_hidden || (found.type == DT_DIR && roots.keeps(from.child(found.inside + found.name))))
            return Step::skip;
        if (is_wanted(found) && ++all_count <= most_results) add(found);
        return Step::go_on;
    }
};

// What df would say is a whole cluster's on network file systems, not this pod's share of it.
const char* size_source(const struct statfs& info) {
    constexpr std::array<unsigned long, 7> network{0x6969,     0xff534d42, 0xfe534d42, 0x65735546,
                                                   0x00c36400, 0x0bd00bd0, 0x01021997};
    const auto type = static_cast<unsigned long>(info.f_type) & 0xffffffffUL;
    return std::find(network.begin(), network.end(), type) == network.end() ? "filesystem" : "network";
}

}  // namespace

Reply<void> search(Conversation& talk, const Roots& roots) {
    const auto given = Values::of(talk);
    if (!given) return given.error();
    const std::string path = given->text("path"), word = real(to_lower(given->text("q")));
    if (word.size() < shortest_word)
        return Refusal{400, "what is searched for is too short", "give q at least two characters"};
    auto place = path.empty() ? start_folder(roots) : roots.place(path);
    if (!place) return place.error();
    auto folder = roots.open_folder(*place);
    if (!folder) return folder.error();
    Hunt hunt{.roots = roots, .from = *place, .word = word, .kind = given->text("kind")};
    hunt.with_hidden = given->flag("hidden");
    const auto until = std::chrono::steady_clock::now() + search_takes;
    int steps = 0;
    const bool is_whole = walk(std::move(*folder), [&](const Found& found) {
        if (++steps % 256 == 0) {
            talk.line().at_work();
            if (talk.is_client_gone() || std::chrono::steady_clock::now() > until) return Step::stop;
        }
        return hunt.visit(found);
    });
    const bool is_truncated = !is_whole || hunt.all_count > most_results;
    talk.answer(json_text_answer(200, "{\"results\":[" + hunt.json + "],\"total\":" + std::to_string(hunt.all_count) +
                                          ",\"truncated\":" + (is_truncated ? "true" : "false") + "}\n"));
    return {};
}

Reply<void> storage_info(Conversation& talk, const Roots& roots) {
    const auto given = Values::of(talk);
    if (!given) return given.error();
    const std::string path = given->text("path");
    auto place = path.empty() ? start_folder(roots) : roots.place(path);
    if (!place) return place.error();
    auto folder = roots.open_folder(*place);
    if (!folder) return folder.error();
    struct statvfs disk {};
    struct statfs system {};
    if (::fstatvfs(folder->get(), &disk) != 0 || ::fstatfs(folder->get(), &system) != 0)
        return failed("look at", place->path(), errno);
    const std::uint64_t block = disk.f_frsize, total = block * disk.f_blocks, free = block * disk.f_bavail,
                        used = block * (disk.f_blocks - std::min(disk.f_blocks, disk.f_bfree));
    const TreeSize tree = size_of_tree(std::move(*folder), sizing_takes, [&] { talk.line().at_work(); });
    json::object out{{"path", shown(place->path())}, {"file_count", tree.files}, {"size_truncated", tree.truncated}};
    for (const auto& [name, value] :
         {std::pair{"directory_size", tree.bytes}, {"disk_total", total}, {"disk_used", used}, {"disk_free", free}}) {
        out[name] = value;
        out[std::string(name) + "_formatted"] = human_bytes(value);
    }
    out["disk_usage_percent"] =
        total == 0 ? 0.0 : std::round(1000.0 * static_cast<double>(used) / static_cast<double>(total)) / 10;
    out["volume_size_source"] = size_source(system);
    talk.answer(json_answer(200, out));
    return {};
}

}  // namespace tmplbuild::console::files
