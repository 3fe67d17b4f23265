// SPDX-License-Identifier: Apache-2.0
#include "engine/registries_conf.hpp"

#include <algorithm>
#include <vector>

#include "sys/file.hpp"
#include "toml/toml_json.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;
using registry::PullRules;

namespace {

constexpr std::uint64_t longest_conf = 1 << 20;  // bytes

// Reads one file's tables; the first thing that is not understood is the error.
class ConfReader {
  public:
    ConfReader(PullRules& rules, std::string file) : rules_(rules), file_(std::move(file)) {}

    Result<void> read(const json::object& document) {
        if (const json::value* list = list_of(document, "registry", "[[registry]]"))
            for (std::size_t i = 0; i < list->get_array().size() && !failure_; ++i)
                add(list->get_array()[i].get_object(), "[[registry]] " + std::to_string(i + 1));
        read_version_1(document);
        if (failure_) return *failure_;
        return {};
    }

  private:
    void wrong(const std::string& where, const std::string& what) {
        if (failure_) return;
        failure_ = machine_error("'" + file_ + "', " + where + ": " + what,
                                 "containers-registries.conf(5) says what the file may hold; "
                                 "CONTAINERS_REGISTRIES_CONF names another one");
    }
    // An array of tables; none where there is none, or something else.
    const json::value* list_of(const json::object& table, const char* key, const std::string& where) {
        const json::value* found = table.if_contains(key);
        if (found == nullptr) return nullptr;
        const auto is_table = [](const json::value& one) { return one.is_object(); };
        if (found->is_array() && std::all_of(found->get_array().begin(), found->get_array().end(), is_table))
            return found;
        wrong(where, "expected tables, each under a line of its own in double brackets");
        return nullptr;
    }
    std::string text_of(const json::object& table, const char* key, const std::string& where) {
        const json::value* found = table.if_contains(key);
        if (found == nullptr) return {};
        if (found->is_string()) return std::string(found->get_string());
        wrong(where, std::string(key) + " is no text in quotes");
        return {};
    }
    bool flag_of(const json::object& table, const char* key, const std::string& where) {
        const json::value* found = table.if_contains(key);
        if (found == nullptr) return false;
        if (found->is_bool()) return found->get_bool();
        wrong(where, std::string(key) + " is neither true nor false");
        return false;
    }
    // "host[:port]/path" without its last '/'.
    std::string place_of(const json::object& table, const char* key, const std::string& where) {
        std::string text = text_of(table, key, where);
        if (text.starts_with("http://") || text.starts_with("https://"))
            wrong(where,
                  std::string(key) + " is '" + text + "', and must not have http:// or https:// before the host");
        while (text.ends_with('/')) text.pop_back();
        return text;
    }

    void add(const json::object& table, const std::string& where) {
        PullRules::Registry entry{.prefix = place_of(table, "prefix", where), .source = file_};
        entry.location = place_of(table, "location", where);
        entry.is_insecure = flag_of(table, "insecure", where);
        entry.is_blocked = flag_of(table, "blocked", where);
        if (entry.prefix.empty()) entry.prefix = entry.location;
        if (entry.prefix.empty()) return wrong(where, "it has neither prefix nor location, and so is for no image");
        const bool digest_only = flag_of(table, "mirror-by-digest-only", where);
        if (const json::value* list = list_of(table, "mirror", where + ", [[registry.mirror]]"))
            for (std::size_t i = 0; i < list->get_array().size(); ++i)
                entry.mirrors.push_back(mirror_of(list->get_array()[i].get_object(), digest_only,
                                                  where + ", [[registry.mirror]] " + std::to_string(i + 1)));
        if (!failure_) rules_.add(std::move(entry));
    }
    PullRules::Mirror mirror_of(const json::object& table, bool digest_only, const std::string& where) {
        PullRules::Mirror out{.location = place_of(table, "location", where)};
        if (out.location.empty()) wrong(where, "it has no location");
        out.is_insecure = flag_of(table, "insecure", where);
        const std::string use = text_of(table, "pull-from-mirror", where);
        if (digest_only && !use.empty())
            wrong(where, "pull-from-mirror says anew what mirror-by-digest-only says of all mirrors");
        if (use == "digest-only" || digest_only)
            out.use = PullRules::MirrorUse::digest_only;
        else if (use == "tag-only")
            out.use = PullRules::MirrorUse::tag_only;
        else if (!use.empty() && use != "all")
            wrong(where, "pull-from-mirror is '" + use + "', and may be all, digest-only or tag-only");
        return out;
    }
    // The older form says in one list what is blocked; its other lists have no meaning here.
    void read_version_1(const json::object& document) {
        const json::value* tables = document.if_contains("registries");
        const json::value* block =
            tables != nullptr && tables->is_object() ? tables->get_object().if_contains("block") : nullptr;
        const json::value* list =
            block != nullptr && block->is_object() ? block->get_object().if_contains("registries") : nullptr;
        if (list == nullptr) return;
        const std::string where = "[registries.block]";
        if (!list->is_array()) return wrong(where, "registries is no list");
        for (const json::value& one : list->get_array()) {
            if (!one.is_string()) return wrong(where, "registries has something that is no text in quotes");
            rules_.add({.prefix = std::string(one.get_string()), .is_blocked = true, .source = file_});
        }
    }

    PullRules& rules_;
    std::string file_;
    std::optional<Error> failure_{};
};

Result<void> read_conf(PullRules& rules, const fs::path& file) {
    auto text = sys::read_file(file, longest_conf);
    if (!text) {
        Error error = text.error();
        error.kind = ErrorKind::machine;
        return error.while_doing("reading the settings for registries");
    }
    auto document = toml_to_json(*text, file);
    if (!document) {
        Error error = document.error();
        error.kind = ErrorKind::machine;
        return error.while_doing("reading the settings for registries");
    }
    return ConfReader(rules, file).read(document->get_object());
}

std::vector<fs::path> drop_ins(const fs::path& folder) {
    std::vector<fs::path> out;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(folder, failed))
        if (entry.path().extension() == ".conf" && !entry.is_directory(failed)) out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace

Result<PullRules> read_registries_conf(const std::function<std::string(const std::string& name)>& environment,
                                       const fs::path& root) {
    const std::string chosen = environment("CONTAINERS_REGISTRIES_CONF"), home = environment("HOME");
    const fs::path system = root / "etc/containers", own = fs::path(home) / ".config/containers";
    std::error_code failed;
    std::vector<fs::path> files;
    if (!chosen.empty())
        files.emplace_back(chosen);
    else if (!home.empty() && fs::exists(own / "registries.conf", failed))
        files.push_back(own / "registries.conf");
    else if (fs::exists(system / "registries.conf", failed))
        files.push_back(system / "registries.conf");
    for (const fs::path& file : drop_ins(system / "registries.conf.d")) files.push_back(file);
    if (!home.empty())
        for (const fs::path& file : drop_ins(own / "registries.conf.d")) files.push_back(file);
    PullRules rules;
    for (const fs::path& file : files)
        if (auto read = read_conf(rules, file); !read) return read.error();
    return rules;
}

}  // namespace tmplbuild
