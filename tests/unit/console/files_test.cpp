// SPDX-License-Identifier: Apache-2.0
// The files' parts that need no request: names, ranges, kinds, forms and archives, each by a table.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/files/arrival.hpp"
#include "console/files/kinds.hpp"
#include "console/files/multipart.hpp"
#include "console/files/names.hpp"
#include "console/files/ranges.hpp"
#include "console/files/roots.hpp"
#include "console/files/tensor_header.hpp"
#include "console/files/zip_stream.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

namespace Catch {
template <class T>
struct StringMaker<tmplbuild::console::Reply<T>> {
    static std::string convert(const tmplbuild::console::Reply<T>& reply) {
        return reply ? "a value" : "the refusal: " + reply.error().message;
    }
};
}  // namespace Catch

namespace tmplbuild::console::files {
namespace {

// A form's parts, in pieces of `step` bytes: "name/file=content;".
std::string parts_of_form(const std::string& body, std::size_t step, std::size_t room = 7) {
    std::size_t at = 0;
    Multipart form(
        [&](std::span<char> into) -> Reply<std::size_t> {
            const std::size_t size = std::min({step, into.size(), body.size() - at});
            body.copy(into.data(), size, at);
            at += size;
            return size;
        },
        "B");
    std::string out;
    for (;;) {
        const auto part = form.next();
        if (!part) return out + "!" + std::to_string(part.error().status);
        if (!*part) return out;
        out += (*part)->name + ((*part)->file_name ? "/" + *(*part)->file_name : "") + "=";
        std::string piece(room, '\0');
        for (;;) {
            const auto got = form.read(piece);
            if (!got) return out + "!" + std::to_string(got.error().status);
            if (*got == 0) break;
            out.append(piece, 0, *got);
        }
        out += ";";
    }
}

std::string header(const std::string& json) {
    std::string out;
    for (int i = 0; i < 8; ++i) out += static_cast<char>((json.size() >> (8 * i)) & 0xff);
    return out + json;
}

}  // namespace

TEST_CASE("every name has one text, and every text of a name leads back to it") {
    for (const std::string& name : {std::string("clip.png"), std::string("\xff\x80x"), std::string("\xef\x9e\x80"),
                                    std::string("\xc3"), std::string("ünï\n😀"), std::string("\xed\xa0\x80")}) {
        INFO(name);
        CHECK(real(shown(name)) == name);
    }
    CHECK(shown("\xff") == "\xef\x9f\xbf");
    CHECK(shown("\xff") != shown("\xef\x9f\xbf"));  // the character itself is another name
    CHECK(shown("clip.png") == "clip.png");
    for (const std::string& wrong : {std::string(), std::string("."), std::string(".."), std::string("a/b"),
                                     std::string("a\0b", 3), std::string(256, 'x')})
        CHECK_FALSE(check_name(wrong));
    CHECK(check_name("..."));
    CHECK(check_name(std::string(255, 'x')));
    CHECK(numbered("clip.tar.gz", 2) == "clip.tar (2).gz");
    CHECK(numbered(".bashrc", 3) == ".bashrc (3)");
}

TEST_CASE("a path is taken apart by its parts, never by its letters") {
    const auto folder = sys::TempDirectory::make("/tmp", "roots-").value();
    const std::string top = folder.path();
    for (const char* name : {"/work", "/workX", "/work/.tmplbuild", "/work/deep"}) ::mkdir((top + name).c_str(), 0755);
    CHECK(::symlink("../workX", (top + "/work/out").c_str()) == 0);
    CHECK(::symlink("deep", (top + "/work/in").c_str()) == 0);
    const Roots roots = Roots::open({top + "/work", top + "/nowhere"});
    REQUIRE(roots.all().size() == 1);
    CHECK(roots.place(top + "//work/./deep/").value().inner == "deep");
    for (const char* wrong :
         {"/workX", "", "/work/../workX", "/work/deep/..", "/work/.tmplbuild", "/work//.tmplbuild/x"})
        CHECK(roots.place(top + wrong).error().status == 403);
    for (const char* wrong : {"", "work", "./work"}) CHECK(roots.place(wrong).error().status == 400);
    CHECK(roots.open_folder(roots.place(top + "/work/out").value()).error().status == 403);
    CHECK(roots.open_folder(roots.place(top + "/work/in").value()));
    CHECK(roots.make_folders(roots.place(top + "/work/a/b").value()));
    CHECK_FALSE(roots.make_folders(roots.place(top + "/work/out/b").value()));
    CHECK(::access((top + "/workX/b").c_str(), F_OK) != 0);
}

TEST_CASE("a range is one part of the file, or none") {
    const auto text = [](const char* range, std::uint64_t size) {
        const Part part = part_of(range, size);
        if (part.kind == Part::Kind::whole) return std::string("whole");
        if (part.kind == Part::Kind::unsatisfiable) return std::string("none");
        return std::to_string(part.first) + "+" + std::to_string(part.size);
    };
    CHECK(text("bytes=0-9", 100) == "0+10");
    CHECK(text("BYTES= 90 - 200 ", 100) == "90+10");
    CHECK(text("bytes=99-", 100) == "99+1");
    CHECK(text("bytes=-5", 100) == "95+5");
    CHECK(text("bytes=-500", 100) == "0+100");
    for (const char* none : {"bytes=100-", "bytes=100-200", "bytes=-0"}) CHECK(text(none, 100) == "none");
    CHECK(text("bytes=0-", 0) == "none");
    for (const char* whole : {"", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=0-1,5-6", "lines=0-1", "bytes=a-b",
                              "bytes=+1-2", "bytes=--5", "bytes=1-99999999999999999999", "bytes=0x1-5"})
        CHECK(text(whole, 100) == "whole");
    const FileState state{"\"a\"", "Thu, 01 Jan 1970 00:00:00 GMT"};
    CHECK(has_it_already(state, "\"b\", W/\"a\"", ""));
    CHECK(has_it_already(state, "*", ""));
    CHECK(has_it_already(state, "", state.modified));
    CHECK_FALSE(has_it_already(state, "\"b\"", state.modified));
    CHECK(range_counts(state, "\"a\""));
    CHECK_FALSE(range_counts(state, "W/\"a\""));
    CHECK(http_date(0) == state.modified);
}

TEST_CASE("what could hold script is never shown beside the console's pages") {
    for (const char* name : {"a.svg", "a.SVG", "a.zip", "a.safetensors", "a", "a.exe"})
        CHECK(inline_type(kind_of(name)).empty());
    for (const char* name : {"a.html", "a.htm", "a.xml", "a.js", "a.md", "a.json"})
        CHECK(inline_type(kind_of(name)) == "text/plain; charset=utf-8");
    CHECK(inline_type(kind_of("a.PNG")) == "image/png");
    CHECK(kind_of("x.safetensors").category == "model");
    CHECK(kind_of(".png").category == "file");
}

TEST_CASE("a form is read the same in pieces of any size") {
    const std::string long_content = std::string(5'000, 'x') + "\r\n--Not\r\n--\r\n-" + std::string(5'000, 'y');
    const std::string body =
        "preamble\r\n--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B  \r\n"
        "content-disposition: form-data; filename=\"x%22y; z.png\"; name=f\r\nContent-Type: image/png\r\n\r\n" +
        long_content + "\r\n--B\r\nContent-Disposition: form-data; name=\"e\"; filename=\"\"\r\n\r\n\r\n--B--";
    const std::string whole = "a=1;f/x\"y; z.png=" + long_content + ";e/=;";
    for (const std::size_t step : {1U, 2U, 3U, 7U, 64U, 100'000U}) CHECK(parts_of_form(body, step) == whole);
    CHECK(parts_of_form("--B--", 1).empty());
    for (const char* broken : {"", "--B", "--B\r\n", "--C--", "--B\r\nX\r\n\r\n--B--", "--B\r\n\r\n\r\n--B--",
                               "--B\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--B--", "--Bx\r\n"})
        CHECK(parts_of_form(broken, 3) == "!400");
    CHECK(parts_of_form("--B\r\nContent-Disposition: form-data; name=a\r\n\r\ncut", 3) == "a=!400");
    CHECK(parts_of_form("--B\r\nX: " + std::string(20'000, 'x'), 1000) == "!431");
    CHECK(Multipart::boundary_of("multipart/form-data; boundary=\"a b\"; x=y").value() == "a b");
    for (const char* wrong : {"", "text/plain; boundary=B", "multipart/form-data",
                              "multipart/form-data; boundary=", "multipart/form-data; boundary=\"B"})
        CHECK_FALSE(Multipart::boundary_of(wrong));
}

TEST_CASE("an archive's numbers are wide where a file may be, and its names lead nowhere else") {
    std::string out;
    ZipStream zip([&](std::string_view part) -> Reply<void> {
        out += part;
        return {};
    });
    for (const auto& [name, size] : {std::pair<const char*, std::uint64_t>{"big", 0xffffffff}, {"small", 0xfffffffe}}) {
        REQUIRE(zip.begin_entry(name, size, 1'000'000'000, 0100644));
        REQUIRE(zip.write("ok"));
        REQUIRE(zip.end_entry());
    }
    REQUIRE(zip.finish());
    const auto number = [&](std::size_t at, int bytes) {
        std::uint64_t value = 0;
        while (bytes-- > 0)
            value = value << 8 | static_cast<unsigned char>(out.at(at + static_cast<std::size_t>(bytes)));
        return value;
    };
    // The head says 64 bits by its ZIP64 field, and what follows the data has them.
    CHECK(number(18, 4) == 0xffffffff);
    const std::size_t after = out.find("PK\x07\x08");
    CHECK(number(after + 4, 4) == 0x79dcdd47);
    CHECK(number(after + 8, 8) == 2);
    CHECK(out.compare(after + 24, 4, "PK\x03\x04") == 0);
    const std::size_t second = out.find("PK\x07\x08", after + 4);
    CHECK(number(second + 8, 4) == 2);
    CHECK(out.compare(second + 16, 4, "PK\x01\x02") == 0);
    CHECK(number(out.size() - 12, 2) == 2);
    CHECK(number(out.size() - 6, 4) == second + 16);
    CHECK(zip_name("a\\..\\b\n") == "a_.._b_");
}

TEST_CASE("a hash can be gone on with by another process") {
    RunningHash first;
    first.update("hello ");
    auto second = RunningHash::parse(first.to_text());
    REQUIRE(second);
    second->update("world");
    CHECK(second->bytes() == 11);
    CHECK(second->hex() == "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
    for (const std::string& wrong : {std::string(), std::string("6"), std::string("6:"), first.to_text() + "0",
                                     "x" + first.to_text(), "6:" + std::string(2 * sizeof(SHA256_CTX), 'f')})
        CHECK_FALSE(RunningHash::parse(wrong));
}

TEST_CASE("the header of a safetensors file is read with its bounds") {
    const auto folder = sys::TempDirectory::make("/tmp", "tensors-").value();
    const auto read = [&](const std::string& content) {
        const std::string path = folder.path() / "file";
        sys::write_file_atomic(path, content).value();
        const sys::Fd file(::open(path.c_str(), O_RDONLY));
        return read_tensor_header(file.get(), content.size());
    };
    const auto right = read(header(R"({"__metadata__":{"a":"1"},"w":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]},
                                       "s":{"dtype":"F32","shape":[],"data_offsets":[12,16]}})"));
    REQUIRE(right);
    CHECK(
        json::compact(*right) ==
        R"({"metadata":{"a":"1"},"tensors":[{"name":"w","dtype":"F16","shape":[2,3]},{"name":"s","dtype":"F32","shape":[]}],)"
        R"("tensor_count":2,"dtypes":{"F16":1,"F32":1},"parameters":7,"truncated":false})");
    for (const std::string& wrong : {std::string("short"), header("{}").substr(0, 9), header("{"), header("{}x"),
                                     std::string(8, '\xff') + "{}", header(std::string(70, '['))})
        CHECK_FALSE(read(wrong));
}

}  // namespace tmplbuild::console::files
