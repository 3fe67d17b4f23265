// SPDX-License-Identifier: Apache-2.0
// Hashes of requirements files, and files that are required by their path or address.
#include "python_bench.hpp"
#include "support/fake_http_server.hpp"

using namespace test;

TEST_CASE("hashes of a requirements file decide which file is taken, and whether any") {
    PythonBench bench;
    bench.use_folder();
    bench.make({"lib", "1.0"});
    bench.make({"lib", "1.0", "--tag", "cp311-cp311-manylinux_2_28_x86_64"});
    const std::string pure = bench.sum_of("lib-1.0-py3-none-any.whl");
    auto good = bench.resolve_asked(bench.asked_by_text("lib==1.0 --hash=sha256:" + pure + "\n"));
    REQUIRE(good);
    CHECK(files(*good)[0] == "lib-1.0-py3-none-any.whl");
    CHECK(good->at(0).sha256.hex() == pure);
    check_stored(*good, bench);
    auto wrong = bench.resolve_asked(bench.asked_by_text("\nlib==1.0 --hash=sha256:" + std::string(64, '0') + "\n"));
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().kind == ErrorKind::usage);
    CHECK(wrong.error().where->to_string() == "r.txt:2");
    // What is brought along needs a hash as well.
    bench.make({"app", "1.0", "--requires", "lib"});
    const std::string app = "app==1.0 --hash=sha256:" + bench.sum_of("app-1.0-py3-none-any.whl") + "\n";
    auto brought = bench.resolve_asked(bench.asked_by_text(app));
    REQUIRE_FALSE(brought);
    CHECK(brought.error().message.find("'lib' is needed too") != std::string::npos);
    CHECK(bench.resolve_asked(bench.asked_by_text(app + "lib==1.0 --hash=sha256:" + pure + "\n")));
    // Beside the template's own requirements, only what the pinned ones bring is looked at.
    bench.make({"free", "1.0"});
    auto mixed = bench.asked_by_text("lib==1.0 --hash=sha256:" + pure + "\n");
    REQUIRE(add_lines(mixed.asked, "x", {"free"}, {}, bench.folder.path()));
    CHECK(bench.resolve_asked(mixed));
    mixed = bench.asked_by_text(app);
    REQUIRE(add_lines(mixed.asked, "x", {"free"}, {}, bench.folder.path()));
    CHECK_FALSE(bench.resolve_asked(mixed));
    CHECK(bench.left() == 0);
}

TEST_CASE("pins by other hashes are checked on the file") {
    PythonBench bench;
    bench.use_folder();
    bench.make({"lib", "1.0"});
    const auto said =
        bench.runner.run({.argv = {"sha512sum", (bench.wheels() / "lib-1.0-py3-none-any.whl").string()}}, {}).value();
    const std::string sum = said.out.substr(0, 128);
    CHECK(bench.resolve_asked(bench.asked_by_text("lib==1.0 --hash=sha512:" + sum + "\n")));
    CHECK_FALSE(bench.resolve_asked(bench.asked_by_text("lib==1.0 --hash=sha512:" + std::string(128, '0') + "\n")));
}

TEST_CASE("a wheel is required by its path or address, and found again from the lock") {
    PythonBench bench;
    bench.use_folder();
    bench.make({"lib", "1.0"});
    bench.make({"near", "1.5", "--requires", "lib"}, "local");
    bench.make({"old", "2.0", "--sdist", "--requires", "lib"}, "local");
    const auto got = bench.resolve_asked(bench.asked_by_text("./local/near-1.5-py3-none-any.whl\nold @ file://" +
                                                             bench.folder.path().string() + "/local/old-2.0.tar.gz\n"));
    REQUIRE(got);
    CHECK(files(*got) == Texts{"lib-1.0-py3-none-any.whl", "near-1.5-py3-none-any.whl", "old-2.0.tar.gz",
                               "pip-24.0-py3-none-any.whl"});
    CHECK(got->at(1).source == "local/near-1.5-py3-none-any.whl");
    CHECK(got->at(2).version == "2.0");
    check_stored(*got, bench);
    CHECK_FALSE(bench.code_ran());
    bench.forget(got->at(1));
    REQUIRE(bench.fetch(*got));
    check_stored(*got, bench);
    bench.forget(got->at(1));
    REQUIRE(sys::write_file_atomic(bench.folder.path() / "local/near-1.5-py3-none-any.whl", "something else"));
    auto changed = bench.fetch(*got);
    REQUIRE_FALSE(changed);
    CHECK(changed.error().kind == ErrorKind::usage);
    CHECK(changed.error().message.find("local/near-1.5") != std::string::npos);

    bench.make({"far", "1.0"}, "site/f");
    FakeHttpServer server({"--folder", (bench.folder.path() / "site").string(), "--user", "me:w@rd"});
    const std::string url = server.at("/f/far-1.0-py3-none-any.whl", "http", "me:w%40rd@127.0.0.1");
    const auto far = bench.resolve_asked(bench.asked_by_text("far @ " + url + "\n"));
    REQUIRE(far);
    CHECK(far->at(0).source == server.at("/f/far-1.0-py3-none-any.whl"));
    CHECK_FALSE(bench.resolve_asked(bench.asked_by_text("far @ " + url + "#sha256=" + std::string(64, '0') + "\n")));
    CHECK(bench.resolve_asked(bench.asked_by_text("lib @ " + url + "\n")).error().message.find("'far'") !=
          std::string::npos);
    CHECK(bench.left() == 0);
}
