// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <utility>

#include "base/secret_mask.hpp"
#include "podlog/line_blocks.hpp"
#include "podlog/line_ring.hpp"
#include "podlog/outlet.hpp"
#include "podlog/rotating_file.hpp"
#include "podlog/secret_names.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using namespace tmplbuild;
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
    SecretMask mask;
    mask.hide("secret-one");
    mask.hide("secret-one-and-more");
    mask.hide("first line\nsecond line\nx");
    CHECK(mask.hide("pin4"));
    CHECK(mask.hide(" \n"));
    CHECK_FALSE(mask.hide(" abc\n"));
    std::string text = "a secret-one b secret-one-and-more c\nsecond line! abc x pin4\nsecret-onesecret-one";
    mask.apply(text);
    CHECK(text == "a *** b *** c\n***! abc x ***\n******");
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
    SecretMask mask;
    mask.hide("0123456789abcdef");
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
        mask.apply(block);
        got += block;
    };
    for (std::size_t at = 0; at < sent.size();) {
        const std::size_t part = std::min<std::size_t>(1 + random() % 5000, sent.size() - at);
        lines.feed(std::string_view(sent).substr(at, part), mask, 0, take);
        at += part;
    }
    lines.flush(take);
    CHECK(got.find("0123456789abcdef") == std::string::npos);
    mask.apply(sent);
    std::erase(sent, '\n');
    std::erase(got, '\n');
    CHECK(got == sent);
}

TEST_CASE("a line that is one long secret after the other still comes through") {
    SecretMask mask;
    mask.hide(std::string(20'000, 'a'));
    LineBlocks lines;
    std::size_t got = 0;
    for (int i = 0; i < 100; ++i)
        lines.feed(std::string(9'000, 'a'), mask, 0, [&](std::string& block) { got += block.size() - 1; });
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

namespace {

// What a stream gives, block by block, with a clock of its own.
struct Stream {
    SecretMask mask;
    LineBlocks lines;
    std::string got;
    void feed(std::string_view text, Time now) {
        lines.feed(text, mask, now, [this](std::string& block) { got += block; });
    }
    void tick(Time now) {
        lines.tick(mask, now, [this](std::string& block) { got += block; });
    }
    std::string take() { return std::exchange(got, {}); }
};

}  // namespace

TEST_CASE("a bar without a line's end shows its newest state, at most every two seconds") {
    Stream stream;
    stream.feed("before\n\r 1 %", 1000);
    CHECK(stream.take() == "before\n 1 %\n");
    CHECK(stream.lines.due() == never);
    for (int i = 2; i < 90; ++i) stream.feed("\r " + std::to_string(i) + " %", 1000 + i * 10);
    CHECK(stream.take().empty());
    CHECK(stream.lines.due() == 3000);
    stream.tick(3000);
    CHECK(stream.take() == " 89 %\n");
    CHECK(stream.lines.due() == never);
    stream.feed("\r 100 %", 6000);  // long ago: at once
    CHECK(stream.take() == " 100 %\n");
    stream.feed("\ndone\n", 6001);  // how it ended was said
    CHECK(stream.take() == "done\n");
    stream.feed("one\r\ntwo\rthree\r\n", 6002);
    CHECK(stream.take() == "one\nthree\n");
}

TEST_CASE("the two halves of a Windows line's end make no bar, and git's way of writing one does") {
    Stream stream;
    stream.feed("a line\r", 1000);
    CHECK(stream.take().empty());
    CHECK(stream.lines.due() == never);
    stream.feed("\n", 1001);
    CHECK(stream.take() == "a line\n");
    stream.feed("10 %\r", 2000);
    stream.feed("20 %\r", 2010);
    CHECK(stream.take() == "20 %\n");
    stream.feed("30 %\r", 2020);
    CHECK(stream.lines.due() == 4010);
    stream.lines.flush([&](std::string& block) { stream.got += block; });
    CHECK(stream.take() == "30 %\n");
    CHECK(stream.lines.due() == never);
}

TEST_CASE("a bar gives away no part of a secret and no half of a character") {
    Stream stream;
    stream.mask.hide("0123456789");
    stream.feed("\rkey 01234", 1000);
    CHECK(stream.take() == "key \n");
    stream.feed("56789 \xc3", 3000);
    stream.tick(9000);
    std::string said = stream.take();
    stream.mask.apply(said);
    CHECK(said == "key *** \n");
    Stream longest;
    longest.feed(std::string(16383, 'x') + "\xc3", 0);
    CHECK(longest.take() == std::string(16383, 'x') + "\n");
    longest.feed("\xa4\n", 0);
    CHECK(longest.take() == "\xc3\xa4\n");
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
