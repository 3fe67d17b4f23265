// SPDX-License-Identifier: Apache-2.0
// What schema/template.schema.json says of a service is what the table of its fields makes, and which layers there are
// what the parser's list of kinds makes. TMPLBUILD_ACCEPT=1 writes it there anew; scripts/reference-keys then takes it
// over into the reference.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/catch.hpp"
#include "template/layer_schema.hpp"
#include "template/sections.hpp"
#include "template/service_schema.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

std::string on_one_line(const json::value& value) {
    std::string out, between;
    if (const auto* object = value.if_object()) {
        for (const auto& [key, inner] : *object) {
            out += between + json::compact(key) + ": " + on_one_line(inner);
            between = ", ";
        }
        return "{" + out + "}";
    }
    if (const auto* array = value.if_array()) {
        for (const auto& inner : *array) {
            out += between + on_one_line(inner);
            between = ", ";
        }
        return "[" + out + "]";
    }
    return json::compact(value);
}

// As the file is written: objects, and lists of them, that fit stand on one line. `used`: characters before it.
std::string written(const json::value& value, std::size_t indent, std::size_t used) {
    std::string line = on_one_line(value);
    const auto* list = value.if_array();
    const bool can_be_parted = value.is_object() || (list != nullptr && !list->empty() && list->front().is_object());
    if (used + line.size() <= 120 || !can_be_parted) return line;
    const std::string inside(indent + 2, ' ');
    std::string out, between = "\n";
    if (const auto* object = value.if_object()) {
        for (const auto& [key, inner] : *object) {
            const std::string start = inside + json::compact(key) + ": ";
            out += between + start + written(inner, indent + 2, start.size());
            between = ",\n";
        }
        return "{" + out + "\n" + std::string(indent, ' ') + "}";
    }
    for (const auto& inner : *list) {
        out += between + inside + written(inner, indent + 2, indent + 3);  // a comma may follow
        between = ",\n";
    }
    return "[" + out + "\n" + std::string(indent, ' ') + "]";
}

// The members of an object as they stand in it, without its braces.
std::string members(const json::object& object, std::size_t indent) {
    std::string out;
    for (const auto& [key, value] : object) {
        const std::string head = std::string(indent, ' ') + json::compact(key) + ": ";
        out += (out.empty() ? "" : ",\n") + head + written(value, indent, head.size());
    }
    return out;
}

const fs::path& schema_file() {
    static const fs::path file = fs::path(PROJECT_ROOT) / "schema/template.schema.json";
    return file;
}

std::string schema_text() {
    std::ostringstream content;
    content << std::ifstream(schema_file()).rdbuf();
    return content.str();
}

// Holds what stands in the file from `start` up to `end` to what is wanted there.
void check_part(std::size_t start, const std::string& end, const std::string& wanted) {
    std::string text = schema_text();
    REQUIRE(start != std::string::npos);
    const std::size_t size = text.find(end, start) - start;
    if (std::getenv("TMPLBUILD_ACCEPT") == nullptr) {
        CHECK(text.substr(start, size) == wanted);
        return;
    }
    std::ofstream(schema_file()) << text.replace(start, size, wanted);
}

}  // namespace

TEST_CASE("the schema's keys of a service are those of the table") {
    const std::string text = schema_text();
    check_part(text.find("      \"properties\": ", text.find("\n    \"service\": {")),
               ",\n      \"additionalProperties\"", members(service_schema(), 6));
}

TEST_CASE("the schema knows every kind of layer, and no other") {
    check_part(schema_text().find("    \"recipeLayer\": {"), ",\n    \"kernelUse\": {", members(layer_schema(), 4));
    const json::value schema = json::parse(schema_text(), "template.schema.json").value();
    const json::object& definitions = schema.at("$defs").as_object();
    for (const std::string& kind : layer_kinds()) {
        INFO(kind);
        const json::value* layer = definitions.if_contains(kind + "Layer");
        REQUIRE(layer != nullptr);  // the kind's keys are written by hand
        CHECK(layer->at("properties").at("use").at("const").as_string() == kind);
    }
}
