// SPDX-License-Identifier: Apache-2.0
// What schema/template.schema.json says of a service is what the table of its fields makes. TMPLBUILD_ACCEPT=1 writes
// it there anew; scripts/reference-keys then takes it over into the reference.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/catch.hpp"
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

// As the file is written: an object that fits stands on one line. `used`: characters before it.
std::string written(const json::value& value, std::size_t indent, std::size_t used) {
    const auto* object = value.if_object();
    std::string line = on_one_line(value);
    if (object == nullptr || used + line.size() <= 120) return line;
    std::string out = "{", between = "\n";
    for (const auto& [key, inner] : *object) {
        const std::string start = std::string(indent + 2, ' ') + json::compact(key) + ": ";
        out += between + start + written(inner, indent + 2, start.size());
        between = ",\n";
    }
    return out + "\n" + std::string(indent, ' ') + "}";
}

}  // namespace

TEST_CASE("the schema's keys of a service are those of the table") {
    const fs::path file = fs::path(PROJECT_ROOT) / "schema/template.schema.json";
    std::ostringstream content;
    content << std::ifstream(file).rdbuf();
    std::string text = content.str();
    const std::string end = ",\n      \"additionalProperties\"";
    const std::size_t start = text.find("      \"properties\": ", text.find("\n    \"service\": {"));
    REQUIRE(start != std::string::npos);
    const std::size_t size = text.find(end, start) - start;
    std::string wanted;
    for (const auto& [key, value] : service_schema()) {
        const std::string head = "      " + json::compact(key) + ": ";
        wanted += (wanted.empty() ? "" : ",\n") + head + written(value, 6, head.size());
    }
    if (std::getenv("TMPLBUILD_ACCEPT") == nullptr) {
        CHECK(text.substr(start, size) == wanted);
        return;
    }
    std::ofstream(file) << text.replace(start, size, wanted);
}
