// SPDX-License-Identifier: Apache-2.0
#include "io/decompress.hpp"

#include <cstring>

#include "support/catch.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace fs = std::filesystem;
using namespace tmplbuild;
using namespace tmplbuild::io;

namespace {

std::string compressed(Compression codec, const std::string& text) {
    std::string out;
    Compressor compressor(codec, [&](std::span<const std::byte> data) -> Result<void> {
        out.append(reinterpret_cast<const char*>(data.data()), data.size());
        return {};
    });
    REQUIRE(compressor.write(sys::as_bytes(text)));
    REQUIRE(compressor.finish());
    return out;
}

// `piece` bytes at most from the source at a time, `room` at most into the reader.
Result<std::string> plain(const std::string& from, std::uint64_t limit = 1 << 30, std::size_t piece = 1 << 20,
                          std::size_t room = 1 << 16) {
    std::size_t at = 0;
    Decompressor reader(
        [&](std::span<std::byte> into) -> Result<std::size_t> {
            const std::size_t n = std::min({into.size(), piece, from.size() - at});
            std::memcpy(into.data(), from.data() + at, n);
            at += n;
            return n;
        },
        limit, "test");
    std::string out;
    std::vector<std::byte> buffer(room);
    for (;;) {
        auto got = reader.read(buffer);
        if (!got) return got.error();
        out.append(reinterpret_cast<const char*>(buffer.data()), *got);
        if (*got < room) return out;
    }
}

std::string sample() {
    std::string text;
    for (int i = 0; i < 60000; ++i) text += std::to_string(i * 7919) + (i % 5 == 0 ? "\n" : ";");
    return text;
}

}  // namespace

TEST_CASE("what was compressed comes back, whatever the pieces") {
    const std::string text = sample();
    for (const Compression codec : {Compression::none, Compression::gzip, Compression::zstd})
        for (const std::string& content : {text, std::string(), std::string("x"), std::string(3 << 20, '\0')}) {
            const std::string packed = compressed(codec, content);
            CHECK(plain(packed).value() == content);
            CHECK(plain(packed, 1 << 30, 1, 100'000).value() == content);
            CHECK(plain(packed, 1 << 30, 7, 13).value() == content);
            // Members and frames in a row are one stream.
            CHECK(plain(packed + packed).value() == content + content);
        }
}

TEST_CASE("a stream that is cut, damaged or has bytes behind its end is an error") {
    const std::string text = sample();
    for (const Compression codec : {Compression::gzip, Compression::zstd}) {
        const std::string packed = compressed(codec, text);
        for (const std::size_t size : {packed.size() - 1, packed.size() / 2, std::size_t{5}}) {
            auto cut = plain(packed.substr(0, size));
            REQUIRE_FALSE(cut);
            CHECK(cut.error().message == "cannot decompress 'test': it ends in the middle");
        }
        std::string damaged = packed;
        damaged[packed.size() / 2] = static_cast<char>(damaged[packed.size() / 2] ^ 0x55);
        CHECK_FALSE(plain(damaged));
        CHECK_FALSE(plain(packed + "garbage"));
    }
}

TEST_CASE("more than the limit is an error, the limit itself is not") {
    const std::string text = sample();
    for (const Compression codec : {Compression::none, Compression::gzip, Compression::zstd}) {
        const std::string packed = compressed(codec, text);
        CHECK(plain(packed, text.size()).value() == text);
        auto more = plain(packed, text.size() - 1);
        REQUIRE_FALSE(more);
        CHECK(more.error().message.find("holds more than") != std::string::npos);
    }
}

TEST_CASE("the codec is told by the first bytes") {
    auto folder = sys::TempDirectory::make(fs::temp_directory_path(), "decompress-test-").value();
    for (const Compression codec : {Compression::none, Compression::gzip, Compression::zstd}) {
        REQUIRE(sys::write_file_atomic(folder.path() / "f", compressed(codec, "hello")));
        auto reader = Decompressor::open(folder.path() / "f", 100).value();
        CHECK(reader.codec().value() == codec);
        std::byte out[10];
        CHECK(reader.read(out).value() == 5);
        CHECK(std::memcmp(out, "hello", 5) == 0);
    }
    // A skippable frame first (RFC 8878, 3.1.2): four bytes of magic, four of size, content.
    const std::string skippable(
        "\x5e\x2a\x4d\x18\x03\x00\x00\x00"
        "abc",
        11);
    CHECK(plain(skippable + compressed(Compression::zstd, "text")).value() == "text");
    CHECK_FALSE(Decompressor::open(folder.path() / "none", 100));
}
