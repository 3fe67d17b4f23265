// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "podlog/line_blocks.hpp"
#include "podlog/line_ring.hpp"
#include "podlog/masker.hpp"
#include "podlog/outlet.hpp"
#include "podlog/rotating_file.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using namespace tmplbuild::launch;

namespace {

struct Folder {
    fs::path path;
    Folder() {
        std::string name = (fs::temp_directory_path() / "podlogXXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path); }
};

std::string content(const fs::path& file) {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
}

}  // namespace

TEST_CASE("values of secrets are replaced, the longer one first, line by line") {
    Masker masker;
    masker.hide("secret-one");
    masker.hide("secret-one-and-more");
    masker.hide("first line\nsecond line\nx");
    masker.hide("short");
    std::string text = "a secret-one b secret-one-and-more c\nsecond line! short x\nsecret-onesecret-one";
    masker.apply(text);
    CHECK(text == "a *** b *** c\n***! short x\n******");
}

TEST_CASE("names of variables that hold secrets") {
    for (const char* name : {"HF_TOKEN", "JUPYTER_PASSWORD", "AWS_SECRET_ACCESS_KEY", "RUNPOD_API_KEY", "civitai_token",
                             "DB_PASS", "PASS", "HFTOKEN", "SSH_PRIVATE_KEY"}) {
        INFO(name);
        CHECK(names_secret(name));
    }
    for (const char* name : {"PUBLIC_KEY", "TOKENIZERS_PARALLELISM", "BYPASS", "PATH", "PWD", "KEYBOARD", ""}) {
        INFO(name);
        CHECK_FALSE(names_secret(name));
    }
}

TEST_CASE("blocks are whole lines however the stream is cut, and no secret is cut in two") {
    Masker masker;
    masker.hide("0123456789abcdef");
    std::string sent;
    std::mt19937 random(7);
    for (int i = 0; i < 2000; ++i) {
        sent.append(random() % 300, static_cast<char>('g' + i % 10));
        if (random() % 3 == 0) sent += "0123456789abcdef";
        if (random() % 40 == 0) sent += '\n';
    }
    std::string got;
    LineBlocks lines;
    const auto take = [&](std::string& block) {
        REQUIRE(block.back() == '\n');
        REQUIRE(block.size() <= (1U << 17));
        masker.apply(block);
        got += block;
    };
    for (std::size_t at = 0; at < sent.size();) {
        const std::size_t part = std::min<std::size_t>(1 + random() % 5000, sent.size() - at);
        lines.feed(std::string_view(sent).substr(at, part), masker, take);
        at += part;
    }
    lines.flush(take);
    CHECK(got.find("0123456789abcdef") == std::string::npos);
    masker.apply(sent);
    std::erase(sent, '\n');
    std::erase(got, '\n');
    CHECK(got == sent);
}

TEST_CASE("a line that is one long secret after the other still comes through") {
    Masker masker;
    masker.hide(std::string(20'000, 'a'));
    LineBlocks lines;
    std::size_t got = 0;
    for (int i = 0; i < 100; ++i)
        lines.feed(std::string(9'000, 'a'), masker, [&](std::string& block) { got += block.size() - 1; });
    CHECK(got >= 800'000);
}

TEST_CASE("the ring keeps the newest whole lines") {
    LineRing ring(100);
    CHECK(ring.last(5).empty());
    for (int i = 100; i < 400; ++i) ring.add("line " + std::to_string(i) + "\n");  // nine bytes each
    CHECK(ring.last(2) == "line 398\nline 399\n");
    const std::string all = ring.last(1000);
    CHECK(all.size() == 99);
    CHECK(all.starts_with("line 389\n"));
    ring.add(std::string(500, 'x') + "\n");
    CHECK(ring.last(1000) == std::string(99, 'x') + "\n");  // of what is too long, its end
    ring.add("after\n");
    CHECK(ring.last(1000) == "after\n");
}

TEST_CASE("what was printed before a bar without a line's end makes room for the newest of it, not for nothing") {
    Masker masker;
    LineBlocks lines;
    LineRing ring;
    for (int i = 0; i < 5; ++i) ring.add("a line before\n");
    for (int i = 0; i < 250; ++i)
        lines.feed("\r " + std::to_string(i) + " % |" + std::string(90, '#'), masker,
                   [&](std::string& block) { ring.add(block); });
    CHECK(ring.last(1000).size() > 10'000);
}

TEST_CASE("the ring holds exactly its limit, and what any mixture of blocks leaves in it is whole") {
    std::mt19937 random(7);
    for (int round = 0; round < 20; ++round) {
        const std::size_t limit = 50 + random() % 200;
        LineRing ring(limit);
        std::string everything;
        for (int i = 0; i < 300; ++i) {
            std::string block;
            for (auto lines = 1 + random() % 4; lines > 0; --lines) block += std::string(random() % 70, 'x') + "\n";
            ring.add(block);
            everything += block;
            REQUIRE(ring.memory() <= limit);
            const std::string kept = ring.last(10'000);
            // The newest whole lines: one more would not fit, unless a block was too long by itself.
            REQUIRE(everything.ends_with(kept));
            const std::size_t before = everything.size() - kept.size();
            const bool end_of_long_line = kept.size() == limit && kept.find('\n') == limit - 1;
            REQUIRE((before == 0 || everything[before - 1] == '\n' || end_of_long_line));
            if (before > 1) REQUIRE(everything.size() - (everything.rfind('\n', before - 2) + 1) > limit);
        }
    }
}

TEST_CASE("an outlet never blocks, drops whole blocks, and tells the gap in its place") {
    Poller poller;
    Outlet outlet(poller, 1000, [](std::uint64_t lines) { return "[" + std::to_string(lines) + " lost]\n"; });
    outlet.put("early\n", 1);
    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_NONBLOCK | O_CLOEXEC) == 0);
    ::fcntl(pipe[1], F_SETPIPE_SZ, 4096);
    outlet.open(pipe[1]);
    for (int i = 0; i < 1000; ++i) outlet.put("line " + std::to_string(10'000 + i) + "\n", 1);
    CHECK(outlet.dropped() > 500);
    CHECK(outlet.dropping());
    std::string got;
    std::array<char, 512> part{};
    auto read_all = [&] {
        for (int round = 0; round < 50; ++round) {
            const ssize_t size = ::read(pipe[0], part.data(), part.size());
            if (size > 0) got.append(part.data(), static_cast<std::size_t>(size));
            poller.wait(0);
        }
    };
    read_all();
    outlet.put("after\n", 1);
    read_all();
    CHECK(got.starts_with("early\nline 10000\n"));
    CHECK(got.ends_with("[" + std::to_string(outlet.dropped()) + " lost]\nafter\n"));
    CHECK(count_lines(got) + outlet.dropped() == 1003);
    CHECK_FALSE(outlet.dropping());
    ::close(pipe[0]);
    ::signal(SIGPIPE, SIG_IGN);
    outlet.put("nobody\n", 1);
    CHECK_FALSE(outlet.is_open());
}

TEST_CASE("rotating files keep their cap exactly and hold whole lines only") {
    Folder folder;
    const std::string path = folder.path / "a.log";
    {
        RotatingFile file(path, 100, 3);
        for (int i = 0; i < 100; ++i) {
            const std::string line = "line number " + std::to_string(100 + i) + "\n";  // sixteen bytes
            REQUIRE(file.append(line) == line.size());
        }
        CHECK(content(path) == "line number 196\nline number 197\nline number 198\nline number 199\n");
        CHECK(content(path + ".1").size() == 96);
        CHECK(content(path + ".2").starts_with("line number 184\n"));
        CHECK_FALSE(fs::exists(path + ".3"));
        CHECK(file.append(std::string(150, 'x') + "\nshort\n") == 157);  // the first fits into no file
        CHECK(content(path).ends_with("199\nshort\n"));
    }
    // Another process moved the file away: the next line goes to a new one.
    RotatingFile file(path, 100, 3);
    CHECK(file.append("one\n") == 4);
    fs::rename(path, path + ".1");
    CHECK(file.append("two\n") == 4);
    CHECK(content(path) == "two\n");
    fs::remove_all(folder.path);
    CHECK(file.append("three\n") == 0);
}
