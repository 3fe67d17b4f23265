// SPDX-License-Identifier: Apache-2.0
// Where packages are looked for: folders, indexes on loopback, and once the machine's own index.
#include "python_bench.hpp"
#include "support/fake_http_server.hpp"

using namespace test;

TEST_CASE("a find-links folder that is not there does no harm") {
    PythonBench bench;
    bench.use_folder();
    bench.set("PIP_FIND_LINKS", "/no/such/folder " + bench.wheels().string());
    CHECK(bench.resolve({}));
}

TEST_CASE("a project of a named index comes from there alone, and nothing else does") {
    PythonBench bench;
    const auto publish = [&](const Texts& what, const std::string& index) {
        bench.make(what, index + "/simple/" + what[0]);
    };
    for (const char* index : {"public", "private"}) publish({"pip", "1.0"}, index);
    publish({"secret", "9.0"}, "public");  // somebody took the name
    publish({"secret", "1.0"}, "private");
    publish({"secret-dep", "9.0"}, "public");
    publish({"secret-dep", "1.0"}, "private");
    publish({"app", "1.0", "--requires", "secret-dep"}, "public");
    publish({"lib", "1.0"}, "public");
    publish({"lib", "2.0"}, "private");
    FakeHttpServer open({"--folder", (bench.folder.path() / "public").string()});
    FakeHttpServer own({"--folder", (bench.folder.path() / "private").string()});
    bench.set("PIP_INDEX_URL", open.at("/simple"));
    PythonRequest request = bench.asked_by_text("secret\napp\nlib\n");
    request.indexes = {{own.at("/simple"), {"Secret", "secret_dep"}, false, {}}};
    const auto got = bench.resolve_asked(request);
    REQUIRE(got);
    CHECK(files(*got) == Texts{"app-1.0-py3-none-any.whl", "lib-1.0-py3-none-any.whl", "pip-1.0-py3-none-any.whl",
                               "secret-1.0-py3-none-any.whl", "secret_dep-1.0-py3-none-any.whl"});
    CHECK(bench.last.places.indexes == Texts{own.at("/simple")});
    for (const auto& one : *got) bench.forget(one);
    REQUIRE(bench.fetch(*got, bench.last.places));
    check_stored(*got, bench);
    // An index that a file names comes first, and what it has is taken from nowhere else.
    const auto extra =
        bench.resolve_asked(bench.asked_by_text("--extra-index-url " + own.at("/simple") + "\nsecret\napp\n"));
    REQUIRE(extra);
    CHECK(files(*extra)[2] == "secret-1.0-py3-none-any.whl");
    CHECK(bench.progress.messages.size() == 1);
    // In so many words, the best of all indexes.
    request = bench.asked_by_text("--extra-index-url " + own.at("/simple") + "\nsecret\n");
    request.index_strategy = IndexStrategy::unsafe_best_match;
    CHECK(files(*bench.resolve_asked(request))[1] == "secret-9.0-py3-none-any.whl");
}

TEST_CASE("what a lock names is fetched again from a folder, and what is gone is named") {
    PythonBench bench;
    bench.use_folder();
    bench.make({"lib", "1.0"});
    const auto got = bench.resolve({"lib"}).value();
    const auto forget = [&] { bench.forget(got[0]); };
    CHECK(bench.fetch(got));
    forget();
    REQUIRE(bench.fetch(got));
    check_stored(got, bench);
    forget();
    REQUIRE(sys::write_file_atomic(bench.wheels() / got[0].file, "something else"));
    auto changed = bench.fetch(got);
    REQUIRE_FALSE(changed);
    CHECK(changed.error().kind == ErrorKind::network);
    CHECK_FALSE(bench.store.has_blob(got[0].sha256));
    fs::remove(bench.wheels() / got[0].file);
    auto gone = bench.fetch(got);
    REQUIRE_FALSE(gone);
    CHECK(gone.error().kind == ErrorKind::network);
    CHECK(gone.error().message.find("lib-1.0-py3-none-any.whl") != std::string::npos);
    CHECK(gone.error().hint.find("tmplbuild lock --update") != std::string::npos);
    CHECK(gone.error().detail.find(bench.wheels()) != std::string::npos);
    CHECK(bench.left() == 0);
}

TEST_CASE("an index of pip's settings is resolved from and fetched from, with its password") {
    PythonBench bench;
    for (const char* name : {"lib", "pip"}) bench.make({name, "1.0"}, std::string("index/simple/") + name);
    FakeHttpServer server({"--folder", (bench.folder.path() / "index").string(), "--user", "me:w@rd"});
    bench.set("PIP_INDEX_URL", server.at("/simple", "http", "me:w%40rd@127.0.0.1"));
    const auto got = bench.resolve({"lib"});
    REQUIRE(got);
    CHECK(files(*got) == Texts{"lib-1.0-py3-none-any.whl", "pip-1.0-py3-none-any.whl"});
    check_stored(*got, bench);
    for (const auto& one : *got) fs::remove(bench.store.blob_path(one.sha256));
    REQUIRE(bench.fetch(*got));
    check_stored(*got, bench);
    // Another index comes first; it has the file under another hash.
    bench.make({"lib", "1.0", "--requires", "x"}, "index/more/lib");
    bench.set("PIP_EXTRA_INDEX_URL", server.at("/more", "http", "me:w%40rd@127.0.0.1"));
    fs::remove(bench.store.blob_path(got->at(0).sha256));
    REQUIRE(bench.fetch(*got));
    check_stored(*got, bench);
    bench.set("PIP_EXTRA_INDEX_URL", "");
    bench.set("PIP_INDEX_URL", "http://me:secret@127.0.0.1:1/simple");
    fs::remove(bench.store.blob_path(got->at(0).sha256));
    auto fetched = bench.fetch(*got);
    REQUIRE_FALSE(fetched);
    CHECK(fetched.error().kind == ErrorKind::network);
    CHECK(fetched.error().to_string().find("secret") == std::string::npos);
    bench.set("UV_HTTP_RETRIES", "0");
    auto unreachable = bench.resolve({"lib"});
    REQUIRE_FALSE(unreachable);
    CHECK(unreachable.error().kind == ErrorKind::network);
    CHECK(unreachable.error().to_string().find("secret") == std::string::npos);
}

TEST_CASE("the machine's own index: numpy, JupyterLab and an sdist") {
    PythonBench bench;
    bench.reset_all();
    const auto got = bench.resolve({"numpy", "jupyterlab", "sgmllib3k"});
    REQUIRE(got);
    CHECK(got->size() > 50);
    CHECK(bench.progress.total > 10'000'000);
    CHECK(bench.progress.done == bench.progress.total);
    check_stored(*got, bench);
    const auto find = [&](const std::string& name) {
        return *std::find_if(got->begin(), got->end(), [&](const auto& one) { return one.name == name; });
    };
    CHECK(find("numpy").file.find("-cp311-cp311-manylinux") != std::string::npos);
    CHECK(find("jupyterlab").file.ends_with("-py3-none-any.whl"));
    CHECK(find("sgmllib3k").file == "sgmllib3k-1.0.0.tar.gz");
    CHECK(find("pip").file.ends_with(".whl"));
    const auto builders =
        resolve_builders(bench.last, {"python:venv", {}, {}, {}, {}, {}}, debian_contract(), bench.context);
    REQUIRE(builders);
    CHECK(std::any_of(builders->distributions.begin(), builders->distributions.end(),
                      [](const auto& one) { return one.name == "setuptools"; }));
    fs::remove(bench.store.blob_path(find("jupyterlab").sha256));
    fs::remove(bench.store.blob_path(find("sgmllib3k").sha256));
    REQUIRE(bench.fetch(*got));
    check_stored(*got, bench);
    auto again = bench.resolve({"numpy", "jupyterlab", "sgmllib3k"}, *got);
    REQUIRE(again);
    CHECK(*again == *got);
}
