// SPDX-License-Identifier: Apache-2.0
// The whole resolver with the real uv over packages made here: which versions, and which file of each.
#include "python_bench.hpp"

using namespace test;

TEST_CASE("a folder of wheels is resolved jointly, and the best wheel of each version is taken") {
    PythonBench bench;
    bench.use_folder();
    bench.make({"app", "2.0", "--requires", "lib<2", "--requires", "absent; python_version < '3'"});
    bench.make({"lib", "1.5", "--tag", "cp311-cp311-manylinux_2_17_x86_64"});
    bench.make({"lib", "1.5", "--tag", "cp311-cp311-manylinux_2_28_x86_64"});
    bench.make({"lib", "1.5", "--tag", "cp311-cp311-manylinux_2_37_x86_64"});
    bench.make({"lib", "1.5"});
    bench.make({"lib", "2.5"});
    const auto got = bench.resolve({"app"});
    REQUIRE(got);
    CHECK(files(*got) == Texts{"app-2.0-py3-none-any.whl", "lib-1.5-cp311-cp311-manylinux_2_28_x86_64.whl",
                               "pip-24.0-py3-none-any.whl"});
    CHECK(got->at(1).version == "1.5");
    check_stored(*got, bench);
}

TEST_CASE("versions that were locked stay while they fit") {
    PythonBench bench;
    bench.use_folder();
    bench.make({"lib", "1.0"});
    const auto first = bench.resolve({"lib"}).value();
    bench.make({"lib", "1.1"});
    CHECK(files(bench.resolve({"lib"}, first).value())[0] == "lib-1.0-py3-none-any.whl");
    CHECK(files(bench.resolve({"lib"}).value())[0] == "lib-1.1-py3-none-any.whl");
    CHECK(files(bench.resolve({"lib>1.0"}, first).value())[0] == "lib-1.1-py3-none-any.whl");
}

TEST_CASE("requirements files, what they name, and constraints count") {
    PythonBench bench;
    bench.use_folder();
    for (const char* version : {"1.0", "2.0", "3.0a1"}) bench.make({"lib", version});
    REQUIRE(sys::write_file_atomic(bench.folder.path() / "req/more.txt", "lib  # the library\n"));
    REQUIRE(sys::write_file_atomic(bench.folder.path() / "req/pins.txt", "lib<2\n"));
    CHECK(files(*bench.resolve_asked(bench.asked_by_text("-r req/more.txt\n")))[0] == "lib-2.0-py3-none-any.whl");
    CHECK(files(*bench.resolve_asked(bench.asked_by_text("-r req/more.txt\n-c req/pins.txt\n")))[0] ==
          "lib-1.0-py3-none-any.whl");
    CHECK(files(*bench.resolve_asked(bench.asked_by_text("--pre\nlib\n")))[0] == "lib-3.0a1-py3-none-any.whl");
    CHECK(files(*bench.resolve({"lib"}, {}, {"lib<2"}))[0] == "lib-1.0-py3-none-any.whl");
}

TEST_CASE("only wheels, only sdists, and wheels rather than newer sdists") {
    PythonBench bench;
    bench.use_folder();
    bench.make({"lib", "1.0"});
    bench.make({"lib", "1.0", "--sdist"});
    bench.make({"lib", "2.0", "--sdist"});
    CHECK(files(*bench.resolve_asked(bench.asked_by_text("lib\n")))[0] == "lib-2.0.tar.gz");
    CHECK(files(*bench.resolve_asked(bench.asked_by_text("--only-binary lib\nlib\n")))[0] ==
          "lib-1.0-py3-none-any.whl");
    CHECK(files(*bench.resolve_asked(bench.asked_by_text("--prefer-binary\nlib\n")))[0] == "lib-1.0-py3-none-any.whl");
    CHECK(files(*bench.resolve_asked(bench.asked_by_text("--no-binary lib\nlib==1.0\n")))[0] == "lib-1.0.tar.gz");
    CHECK_FALSE(bench.code_ran());
}

TEST_CASE("requirements that cannot be met are told in the resolver's words") {
    PythonBench bench;
    bench.use_folder();
    bench.make({"lib", "1.0"});
    bench.make({"app", "1.0", "--requires", "lib>1"});
    auto conflict = bench.resolve({"app", "lib"});
    REQUIRE_FALSE(conflict);
    CHECK(conflict.error().kind == ErrorKind::usage);
    CHECK(conflict.error().detail.find("app") != std::string::npos);
    CHECK(conflict.error().detail.find("lib>1") != std::string::npos);
    CHECK_FALSE(conflict.error().hint.empty());
    auto wrong = bench.resolve({"lib", "lib=>1"});
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().kind == ErrorKind::usage);
    CHECK(wrong.error().where->file == "requirements of python:venv");
    CHECK(wrong.error().to_string().find(bench.store.root()) == std::string::npos);
    auto direct = bench.resolve({"lib @ git+https://me:secret@host.test/lib"});
    REQUIRE_FALSE(direct);
    CHECK(direct.error().kind == ErrorKind::usage);
    CHECK(direct.error().to_string().find("secret") == std::string::npos);
    CHECK(direct.error().hint.find("git's own credentials") != std::string::npos);
    CHECK(bench.left() == 0);
}

TEST_CASE("a package without a usable file for the base is refused") {
    PythonBench bench;
    bench.use_folder();
    bench.make({"lib", "1.0", "--tag", "cp312-cp312-manylinux_2_17_x86_64"});
    auto refused = bench.resolve({"lib"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::usage);
    auto no_python = debian_contract();
    no_python.python.reset();
    CHECK_FALSE(resolve_python({"python:venv", {}, {}, {}, {}}, no_python, bench.context));
}

TEST_CASE("a resolution that is stopped leaves nothing") {
    PythonBench bench;
    bench.use_folder();
    bench.stop.request_stop();
    auto stopped = bench.resolve({});
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().kind == ErrorKind::interrupted);
    CHECK(bench.left() == 0);
}
