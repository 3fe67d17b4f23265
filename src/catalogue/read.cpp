// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "catalogue/catalogue.hpp"
#include "catalogue/folders.hpp"
#include "toml/table_reader.hpp"
#include "toml/toml_text.hpp"

namespace tmplbuild::catalogue {
namespace {

using toml_tree::Node;

constexpr std::int64_t largest_file = std::int64_t{1} << 50;  // a pebibyte: more is a slip of the hand
constexpr std::size_t longest_text = 500;
constexpr std::size_t longest_url = 2000;

class Reader {
  public:
    explicit Reader(Report& report) : report_(report) {}
    Catalogue run(const Node& tree);

  private:
    ModelSet read_set(const Node& node);
    Entry read_entry(const Node& node);
    void read_place(TableReader& table, Entry& entry);
    void read_links(TableReader& table, Entry& entry);
    std::string short_text(TableReader& table, std::string_view key);
    // A text that may be used as a name, once among all of its kind.
    std::string unique_name(TableReader& table, std::string_view key, std::map<std::string, SourcePos>& taken);
    std::vector<std::string> names(TableReader& table, std::string_view key);

    Report& report_;
    std::map<std::string, SourcePos> set_names_, ids_;
};

std::string Reader::short_text(TableReader& table, std::string_view key) {
    const auto text = table.text(key);
    if (!text) return {};
    if (text->value.size() > longest_text) table.error(key, "has more than " + std::to_string(longest_text) + " bytes");
    return text->value;
}

std::string Reader::unique_name(TableReader& table, std::string_view key, std::map<std::string, SourcePos>& taken) {
    const auto text = table.text(key);
    if (!text) return {};
    if (!is_name(text->value)) {
        table.error(key, "is \"" + text->value.substr(0, 100) + "\"",
                    "a name has lower-case letters, digits, '.', '_' and '-', and at most 63 of them");
        return {};
    }
    const auto [place, is_new] = taken.emplace(text->value, text->pos);
    if (!is_new)
        table.error(key, "is \"" + text->value + "\", which line " + std::to_string(place->second.line) + " has",
                    "each one is written once");
    return text->value;
}

void Reader::read_place(TableReader& table, Entry& entry) {
    if (const auto name = table.text("name")) {
        entry.name = name->value;
        if (const auto problem = problem_of_file_name(name->value)) table.error("name", *problem);
    }
    if (const auto directory = table.text("directory")) {
        entry.directory = directory->value;
        std::string hint;
        if (const auto problem = problem_of_directory(directory->value, hint)) table.error("directory", *problem, hint);
    }
}

void Reader::read_links(TableReader& table, Entry& entry) {
    for (auto& url : table.texts("urls")) {
        if (url.value.size() > longest_url || !is_address(url.value, {"https", "http"}))
            report_.error(url.pos, "'urls' in [[sets.models]] has \"" + url.value.substr(0, 100) + "\"",
                          "a link is https://host/path, without a password");
        entry.urls.push_back(std::move(url.value));
    }
    if (table.has("urls") && entry.urls.empty()) table.error("urls", "is empty", "a model has at least one link");
    entry.link = short_text(table, "link");
    if (!entry.link.empty() && !is_address(entry.link, {"https", "http"}))
        table.error("link", "is no address", "write https://host/path");
}

Entry Reader::read_entry(const Node& node) {
    TableReader table(node, "[[sets.models]]", report_);
    table.hint_for("url", "links are a list: urls = [\"https://…\"]");
    table.hint_for("hash", "it is written as sha256, 64 hexadecimal digits");
    table.hint_for("license", "it is written 'licence' here");
    table.hint_for("path", "the folder is 'directory', the file's name 'name'");
    table.require("id", "id = \"wan2.2-vae\"");
    table.require("name", "name = \"wan2.2_vae.safetensors\"");
    table.require("directory", "directory = \"vae\"");
    table.require("urls", "urls = [\"https://huggingface.co/OWNER/REPOSITORY/resolve/main/FILE\"]");
    Entry entry;
    entry.id = unique_name(table, "id", ids_);
    read_place(table, entry);
    read_links(table, entry);
    entry.title = short_text(table, "title");
    entry.licence = short_text(table, "licence");
    if (const auto size = table.integer("size", 1, largest_file)) entry.size = static_cast<std::uint64_t>(size->value);
    if (const auto about = table.integer("about_bytes", 1, largest_file))
        entry.about_bytes = static_cast<std::uint64_t>(about->value);
    if (const auto memory = table.integer("memory_bytes", 1, largest_file))
        entry.memory_bytes = static_cast<std::uint64_t>(memory->value);
    if (const auto digest = table.text("sha256")) {
        entry.sha256 = digest->value;
        if (!is_hex(digest->value, 64))
            table.error("sha256", "is no digest", "it has 64 lower-case hexadecimal digits");
    }
    if (const auto commit = table.text("commit")) {
        entry.commit = commit->value;
        if (!is_hex(commit->value, 40))
            table.error("commit", "is no commit", "it has 40 lower-case hexadecimal digits");
    }
    if (const auto gated = table.boolean("gated")) entry.gated = gated->value;
    table.finish();
    return entry;
}

ModelSet Reader::read_set(const Node& node) {
    TableReader table(node, "[[sets]]", report_);
    table.hint_for("entries", "models of a set are [[sets.models]]");
    table.require("name", "name = \"wan-2.2\"");
    ModelSet set;
    set.name = unique_name(table, "name", set_names_);
    set.title = short_text(table, "title");
    for (const Node* model : table.tables("models")) {
        if (ids_.size() > max_entries) {
            report_.error(model->pos, "a catalogue has at most " + std::to_string(max_entries) + " models");
            break;
        }
        set.entries.push_back(read_entry(*model));
    }
    table.finish();
    return set;
}

std::vector<std::string> Reader::names(TableReader& table, std::string_view key) {
    std::vector<std::string> out;
    for (const auto& one : table.texts(key, ListOf::names)) {
        if (!is_name(one.value))
            report_.error(one.pos,
                          "'" + std::string(key) + "' has \"" + one.value.substr(0, 100) + "\", which is no name");
        else
            out.push_back(one.value);
    }
    return out;
}

Catalogue Reader::run(const Node& tree) {
    TableReader top(tree, "", report_);
    top.hint_for("models", "models belong to a set: [[sets]], then [[sets.models]]");
    top.require("schema", "schema = 1");
    top.integer("schema", 1, 1);
    Catalogue out;
    for (const Node* node : top.tables("sets")) {
        if (out.sets.size() == max_sets) {
            report_.error(node->pos, "a catalogue has at most " + std::to_string(max_sets) + " sets");
            break;
        }
        out.sets.push_back(read_set(*node));
    }
    out.hidden_sets = names(top, "hidden_sets");
    out.hidden_models = names(top, "hidden_models");
    out.order = names(top, "order");
    top.finish();
    return out;
}

}  // namespace

Catalogue read_catalogue(std::string_view text, const std::string& file, Report& report) {
    const auto tree = toml_tree::parse_toml(text, file, max_catalogue_bytes);
    if (!tree) {
        report.add(tree.error());
        return {};
    }
    return Reader(report).run(*tree);
}

Result<Catalogue> read_catalogue(std::string_view text, const std::string& file) {
    Report report;
    Catalogue out = read_catalogue(text, file, report);
    if (const auto& errors = report.errors(); !errors.empty()) return errors.front();
    return out;
}

std::optional<std::string> problem_of(const Entry& entry) {
    if (!is_name(entry.id)) return "the id \"" + entry.id.substr(0, 100) + "\" is no name";
    if (const auto problem = problem_of_file_name(entry.name)) return "the name " + *problem;
    std::string hint;
    if (const auto problem = problem_of_directory(entry.directory, hint))
        return "the folder " + *problem + (hint.empty() ? "" : "; " + hint);
    if (entry.urls.empty() || entry.urls.size() > 20) return "a model has 1 to 20 links";
    for (const std::string& url : entry.urls)
        if (url.size() > longest_url || !is_address(url, {"https", "http"}))
            return "a link is https://host/path, without a password";
    if (!entry.link.empty() && !is_address(entry.link, {"https", "http"})) return "the page's link is no address";
    if (!entry.sha256.empty() && !is_hex(entry.sha256, 64)) return "sha256 has 64 lower-case hexadecimal digits";
    if (!entry.commit.empty() && !is_hex(entry.commit, 40)) return "commit has 40 lower-case hexadecimal digits";
    for (const std::string* text : {&entry.title, &entry.licence, &entry.link})
        if (text->size() > longest_text || text->find('\0') != std::string::npos || !is_utf8(*text))
            return "title, licence and link have at most " + std::to_string(longest_text) + " bytes of text";
    for (const auto& number : {entry.size, entry.about_bytes, entry.memory_bytes})
        if (number && (*number == 0 || *number > static_cast<std::uint64_t>(largest_file)))
            return "a size is from 1 to " + std::to_string(largest_file) + " bytes";
    return std::nullopt;
}

}  // namespace tmplbuild::catalogue
