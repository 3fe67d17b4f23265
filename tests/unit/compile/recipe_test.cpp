// SPDX-License-Identifier: Apache-2.0
#include "compile/recipe.hpp"

#include <cstdlib>

#include "support/catch.hpp"

using namespace tmplbuild::compile;
using tmplbuild::kernel::Arch;

static Recipe sage() {
    Recipe recipe;
    recipe.arch = Arch{90, 'a'};
    recipe.directory = source_directory("sage");
    recipe.command = {"python", "setup.py", "--build-lib={output}", "{{arch}} {arch} {sm}"};
    recipe.environment = {{"MAX_JOBS", "{jobs}"}, {"TZ", "CET"}};
    recipe.driver_stub = true;
    recipe.venv = "/opt/venv";
    recipe.headers = nvidia_headers("/opt/venv/lib/python3.11/site-packages", {"cublas", "cu13"});
    recipe.requirement_packages = site_packages("3.11.2", "cpython-311-x86_64-linux-gnu");
    recipe.interpreter = "/opt/venv/bin/python";
    recipe.jobs = 3;
    return recipe;
}

TEST_CASE("the environment of a compile is whole, and nothing of the caller's is in it") {
    ::setenv("CFLAGS", "-O0", 1);
    ::setenv("NVCC_APPEND_FLAGS", "-G", 1);
    CHECK(environment(sage()) ==
          Environment{{"HOME", "/root"},
                      {"LC_ALL", "C.UTF-8"},
                      {"LANG", "C.UTF-8"},
                      {"TZ", "CET"},  // the recipe's own comes last
                      {"TERM", "dumb"},
                      {"DEBIAN_FRONTEND", "noninteractive"},
                      {"SOURCE_DATE_EPOCH", "315532800"},
                      {"TMPDIR", "/build/.sage/tmp"},
                      {"PYTHONNOUSERSITE", "1"},
                      {"CUDA_HOME", "/build/.sage/cuda"},
                      {"CUDA_PATH", "/build/.sage/cuda"},
                      {"TMPLBUILD_NVCC", "/build/.sage/toolkit/bin/nvcc"},
                      {"TMPLBUILD_ARCH", "90a"},
                      {"TMPLBUILD_NVCC_LOG", "/build/.sage/log/nvcc-front.jsonl"},
                      {"PYTHONPATH", "/build/.sage/requirements/lib/python3.11/site-packages"},
                      {"PATH",
                       "/opt/venv/bin:/build/.sage/requirements/bin:/build/.sage/cuda/bin:/usr/local/sbin:/usr/local/"
                       "bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                      {"LIBRARY_PATH", "/build/.sage/stub"},
                      {"VIRTUAL_ENV", "/opt/venv"},
                      {"CPATH",
                       "/opt/venv/lib/python3.11/site-packages/nvidia/cu13/include:/opt/venv/lib/python3.11/"
                       "site-packages/nvidia/cublas/include"},
                      {"MAX_JOBS", "3"}});
    CHECK(command(sage()) == Texts{"python", "setup.py", "--build-lib=/build/.sage/output", "{arch} 9.0a sm_90a"});
    Recipe braces = sage();
    braces.command = {"sh", "-c", "make -j ${jobs} X=${arch} {jobs}", R"({"a": {"b": 1}, "sm": "{sm}"})",
                      "{{sm}} {SM} {"};
    CHECK(command(braces) ==
          Texts{"sh", "-c", "make -j ${jobs} X=${arch} 3", R"({"a": {"b": 1}, "sm": "sm_90a"})", "{sm} {SM} {"});
    Recipe plain;
    plain.arch = Arch{89, 0};
    plain.directory = "/build/plain";
    for (const char* name : {"PYTHONPATH", "LIBRARY_PATH", "VIRTUAL_ENV", "CPATH"})
        CHECK_FALSE(environment(plain).contains(name));
}

TEST_CASE("modules are stripped and Python files get bytecode that does not depend on when it was made") {
    const Texts files = {"sage/_a.so", "sage/__init__.py", "sage/libx.so.1"};
    CHECK(strip(sage(), files) == Texts{"strip", "--strip-unneeded", "/build/.sage/output/sage/_a.so"});
    CHECK_FALSE(strip(sage(), {"a.py"}));
    const auto argv = bytecode(sage(), files);
    REQUIRE(argv);
    CHECK(argv->front() == "/opt/venv/bin/python");
    CHECK(std::find(argv->begin(), argv->end(), "-I") == argv->end());
    CHECK_FALSE(bytecode(sage(), {"a.so"}));
    CHECK(site_packages("3.13.1", "cpython-313t-x86_64-linux-gnu") == "lib/python3.13t/site-packages");
}

TEST_CASE("what a compile says of itself is the version that pip is to see") {
    const auto problem = [](const std::string& folder) {
        return metadata_problem({folder + "/METADATA"}, "Int8.Attention", "1.0.0");
    };
    CHECK(problem("int8_attention-2.0.dist-info") ==
          "it left 'int8_attention-2.0.dist-info', and the recipe says that Int8.Attention is version 1.0.0");
    CHECK(problem("int8_attention-2.0-py3.11.egg-info"));
    CHECK_FALSE(problem("int8_attention-1.0.0.dist-info"));
    CHECK_FALSE(problem("int8_attention-1.0.dist-info"));
    CHECK_FALSE(problem("other-2.0.dist-info"));
    CHECK_FALSE(problem("int8_attention"));
}
