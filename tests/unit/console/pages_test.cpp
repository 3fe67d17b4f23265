// SPDX-License-Identifier: Apache-2.0
#include "console/pages/embedded.hpp"

#include <cstring>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "io/decompress.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
namespace pages = tmplbuild::console::pages;

namespace {

std::string unpacked(std::string_view gzip) {
    io::Decompressor reader(
        [&](std::span<std::byte> into) -> Result<std::size_t> {
            const std::size_t count = std::min(into.size(), gzip.size());
            std::memcpy(into.data(), gzip.data(), count);
            gzip.remove_prefix(count);
            return count;
        },
        1 << 20, "page", Compression::gzip);
    std::string out(1 << 20, '\0');
    const Result<std::size_t> count = reader.read(std::as_writable_bytes(std::span(out)));
    REQUIRE(count);
    out.resize(*count);
    return out;
}

std::string address_of(const pages::StaticFile& file) {
    return "/_tmplbuild/static/" + std::string(file.hash) + "/" + std::string(file.name);
}

// All that a text names below /_tmplbuild/static/.
std::set<std::string> named_by(const std::string& text) {
    static const std::regex address(R"(/_tmplbuild/static/[^"')\s]+)");
    std::set<std::string> out;
    for (std::sregex_iterator found(text.begin(), text.end(), address), end; found != end; ++found)
        out.insert(found->str());
    return out;
}

}  // namespace

TEST_CASE("a static file's address has the hash of the bytes that are served") {
    REQUIRE(pages::static_files().size() > 3);
    for (const pages::StaticFile& file : pages::static_files()) {
        INFO(file.name);
        CHECK(Sha256::of(unpacked(file.gzip)).hex().substr(0, 16) == file.hash);
        CHECK(!file.content_type.empty());
    }
}

TEST_CASE("what pages and static files name is there, and nothing is left for nobody") {
    std::set<std::string> known;
    for (const pages::StaticFile& file : pages::static_files()) known.insert(address_of(file));
    std::vector<std::string> texts;
    for (const pages::StaticFile& file : pages::static_files()) texts.push_back(unpacked(file.gzip));
    for (const pages::Page& page : pages::pages()) texts.emplace_back(page.text);
    for (const std::string& text : texts) {
        for (const std::string& address : named_by(text)) {
            INFO(address);
            CHECK(known.contains(address));
        }
        CHECK(text.find("{{static:") == std::string::npos);
        CHECK(text.find("{{part:") == std::string::npos);
    }
}

TEST_CASE("pages and static files are sorted by name") {
    CHECK(std::ranges::is_sorted(pages::pages(), {}, &pages::Page::name));
    CHECK(std::ranges::is_sorted(pages::static_files(), {}, &pages::StaticFile::name));
    CHECK(std::ranges::find(pages::pages(), "sign_in.html", &pages::Page::name) != pages::pages().end());
}
