// SPDX-License-Identifier: Apache-2.0
// The bearer tokens on a volume, with workers as shell scripts: what happens between two changes, and to one that could
// not be written.
#include "console/web/token_store.hpp"

#include <chrono>
#include <functional>

#include "support/catch.hpp"
#include "sys/file.hpp"

namespace tmplbuild::console {
namespace {

using Clock = std::chrono::steady_clock;

// A store whose workers run `reader` and `writer` by sh, in a folder of their own.
struct StoreBench {
    explicit StoreBench(const std::string& reader, const std::string& writer)
        : store(context, question(reader), question(writer)) {}
    ChildQuestion question(const std::string& script) const {
        return {.argv = {"/bin/sh", "-c", "cd " + folder.path().string() + "; " + script},
                .environment = {"PATH=/usr/bin:/bin"}};
    }
    void run_until(const std::function<bool()>& met) {
        const auto end = Clock::now() + std::chrono::seconds(10);
        while (!met() && Clock::now() < end) context.run_one_for(std::chrono::milliseconds(20));
        REQUIRE(met());
    }
    std::string kept() const { return sys::read_file(folder.path() / "asked").value(); }
    BearerTokens::Made make(const std::string& name) { return store.tokens().make(name, 1).value(); }

    sys::TempDirectory folder = sys::TempDirectory::make("/tmp", "tokens").value();
    boost::asio::io_context context{1};
    TokenStore store;
};

}  // namespace

TEST_CASE("changes that come while a worker writes are written once it has ended, and all are answered") {
    StoreBench bench("true", "cat >>asked; sleep 0.3; echo '{\"tokens\":[]}'");
    const auto first = bench.make("first"), second = bench.make("second"), third = bench.make("third");
    std::vector<std::string> answers;
    const auto note = [&](const std::string& problem) { answers.push_back(problem); };
    bench.store.keep_made(first.id, note);
    bench.store.keep_made(second.id, note);
    bench.store.tokens().withdraw(third.id);
    bench.store.keep_withdrawn(third.id, note);
    bench.run_until([&] { return answers.size() == 3; });
    CHECK(answers.back().empty());
    const std::string asked = bench.kept();
    CHECK(asked.find("\"withdrawn\":[\"" + third.id + "\"]") != std::string::npos);
    CHECK(asked.find(Sha256::of(second.text).hex()) != std::string::npos);
}

TEST_CASE("a withdrawal that could not be written is in the next change, and the token does not come back") {
    StoreBench bench("test ! -e tokens || cat tokens", "cat >>asked; test -e works && cat tokens");
    const auto made = bench.make("script");
    REQUIRE(sys::write_file_atomic(bench.folder.path() / "tokens", bench.store.tokens().keep()));
    bench.store.start();
    bench.run_until([&] { return bench.store.are_read(); });
    bench.store.tokens().withdraw(made.id);
    std::optional<std::string> problem;
    bench.store.keep_withdrawn(made.id, [&](const std::string& why) { problem = why; });
    bench.run_until([&] { return problem.has_value(); });
    CHECK(*problem == "nothing can be written to the volume");
    REQUIRE(sys::write_file_atomic(bench.folder.path() / "works", ""));
    REQUIRE(sys::write_file_atomic(bench.folder.path() / "asked", ""));
    const auto next = bench.make("next");
    problem.reset();
    bench.store.keep_made(next.id, [&](const std::string& why) { problem = why; });
    bench.run_until([&] { return problem.has_value(); });
    CHECK(bench.kept().find("\"withdrawn\":[\"" + made.id + "\"]") != std::string::npos);
}

TEST_CASE("reading late keeps a token that was made meanwhile") {
    StoreBench bench("test -e works && echo '{\"tokens\":[]}'", "cat >/dev/null; sleep 0.3; false");
    bench.store.start();
    bench.run_until([&] { return bench.store.are_read(); });
    const auto made = bench.make("shown");
    bool answered = false;
    bench.store.keep_made(made.id, [&](const std::string& why) { answered = !why.empty(); });
    REQUIRE(sys::write_file_atomic(bench.folder.path() / "works", ""));
    bench.store.refresh();
    bench.run_until([&] { return answered; });
    bench.context.run_for(std::chrono::milliseconds(300));
    CHECK(bench.store.tokens().is_valid(made.text, 2));
}

}  // namespace tmplbuild::console
