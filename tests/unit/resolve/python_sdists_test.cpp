// SPDX-License-Identifier: Apache-2.0
// Source distributions: what they depend on without their code being run, and what builds them.
#include "python_bench.hpp"

using namespace test;

TEST_CASE("sdists tell their dependencies without their code being run") {
    PythonBench bench;
    bench.use_folder();
    bench.make({"lib", "1.0"});
    bench.make({"lib", "2.0"});
    bench.make({"deep", "1.0", "--sdist", "--old", "--requires", "lib<2"});
    bench.make({"app", "1.0", "--sdist", "--own-backend", "--requires", "deep"});
    // Newer versions with wishes that cannot be met: the resolver must learn that, and go back.
    bench.make({"deep", "3.0", "--sdist", "--requires", "no-such-thing"});
    const auto got = bench.resolve({"app", "lib"});
    REQUIRE(got);
    CHECK(files(*got) ==
          Texts{"app-1.0.tar.gz", "deep-1.0.tar.gz", "lib-1.0-py3-none-any.whl", "pip-24.0-py3-none-any.whl"});
    CHECK(got->at(0).is_sdist());
    check_stored(*got, bench);
    CHECK_FALSE(bench.code_ran());
}

TEST_CASE("what builds sdists is resolved to wheels alone") {
    PythonBench bench;
    bench.use_folder();
    bench.make({"setuptools", "70.0"});
    bench.make({"wheel", "0.43"});
    bench.make({"backend", "1.0", "--requires", "helper"});
    bench.make({"backend", "2.0", "--sdist"});
    bench.make({"helper", "1.0"});
    bench.make({"old", "1.0", "--sdist"});
    bench.make(
        {"modern", "1.0", "--sdist", "--pyproject", "backend>=1", "--pyproject", "helper; python_version > '3'"});
    const auto build = [&](const Texts& more = {}) {
        const PythonRequest request{"python:venv", {}, {}, {}, {}, more};
        auto builders = resolve_builders(bench.last, request, debian_contract(), bench.context);
        if (builders) REQUIRE(fetch_resolved("python:venv", *builders, bench.context));
        return builders;
    };
    REQUIRE(bench.resolve({"old", "modern"}));
    const auto builders = build();
    REQUIRE(builders);
    CHECK(files(builders->distributions) == Texts{"backend-1.0-py3-none-any.whl", "helper-1.0-py3-none-any.whl",
                                                  "setuptools-70.0-py3-none-any.whl", "wheel-0.43-py3-none-any.whl"});
    check_stored(builders->distributions, bench);
    // What an sdist does not say, the template can.
    bench.make({"extra-tool", "1.0"});
    CHECK(files(build({"extra-tool"})->distributions)[1] == "extra_tool-1.0-py3-none-any.whl");
    // The venv's torch, and its versions of everything else where they fit.
    for (const char* version : {"2.0", "3.0"}) bench.make({"torch", version});
    for (const char* version : {"1.0", "2.0"}) bench.make({"numpy", version});
    bench.make({"ext", "1.0", "--sdist", "--pyproject", "torch", "--pyproject", "numpy"});
    REQUIRE(bench.resolve({"torch==2.0", "numpy==1.0", "ext"}));
    CHECK(files(build()->distributions) == Texts{"numpy-1.0-py3-none-any.whl", "torch-2.0-py3-none-any.whl"});
    bench.make({"new", "1.0", "--sdist", "--pyproject", "torch>=3"});
    REQUIRE(bench.resolve({"torch==2.0", "new"}));
    CHECK(build().error().kind == ErrorKind::usage);
    REQUIRE(bench.resolve({"torch"}));
    CHECK(build()->distributions.empty());
    CHECK_FALSE(bench.code_ran());
}
