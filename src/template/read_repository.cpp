// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "template/sections.hpp"

namespace tmplbuild {

// Whether the text can stand in a line of sources.list: no white space, and nothing that ends a field.
static bool is_word(const std::string& text) {
    return !text.empty() && text.size() <= 256 && text.front() != '-' &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return c > ' ' && c < 0x7f && std::string_view("[]#,").find(c) == std::string_view::npos;
           });
}

Repository read_repository(const toml_tree::Node& node, Reading& reading) {
    TableReader table(node, "[[repositories]]", reading.report);
    Repository repository;
    repository.pos = node.pos;
    repository.directory = reading.context;
    for (const char* key : {"name", "uri", "suite", "key"})
        table.require(key, std::string(key) == "uri"     ? "uri = \"https://…\""
                           : std::string(key) == "suite" ? "suite = \"bookworm\", or a path that ends with '/'"
                           : std::string(key) == "key"   ? "key = \"keys/NAME.asc\""
                                                         : "name = \"cuda\"");
    if (const auto name = read_name(table, "name")) repository.name = *name;
    repository.uri = read_url(table, "uri", {"https", "http"});
    if (!repository.uri.empty() && !is_word(repository.uri))
        table.error("uri", "is no address that apt reads: \"" + repository.uri + "\"", "without '[', ']', '#' and ','");
    if (const auto suite = table.text("suite")) {
        repository.suite = suite->value;
        if (!is_word(suite->value))
            table.error("suite", "is no suite: \"" + suite->value + "\"", "one word, or a path that ends with '/'");
    }
    for (const auto& [component, pos] : table.texts("components")) {
        repository.components.push_back(component);
        if (!is_word(component))
            reading.report.error(pos, "\"" + component + "\" is no component", "one word: \"main\"");
    }
    const bool path = repository.suite.ends_with('/');
    if (!repository.suite.empty() && path != repository.components.empty())
        table.error("suite", path ? "is a path, which has no 'components'" : "needs 'components'",
                    path ? "remove 'components'" : "components = [\"main\"]");
    const auto key = read_context_path(table, "key", reading.context);
    if (!key.empty()) repository.key = key.lexically_relative(reading.context);
    table.finish();
    return repository;
}

}  // namespace tmplbuild
