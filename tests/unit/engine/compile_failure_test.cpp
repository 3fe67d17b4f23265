// SPDX-License-Identifier: Apache-2.0
#include "engine/kernel/compile_failure.hpp"

#include "kernel/driver_stub.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

struct Case {
    const char* log;
    const char* reason;
    const char* advice;
};

// Lines as the tools print them.
const Case cases[] = {
    {"ptxas /tmp/x.ptx, line 21; error   : Instruction 'wgmma.fence' not supported on .target 'sm_120a'",
     "a module uses the instruction wgmma.fence, which sm_120a does not have", "[[module]]"},
    {"nvcc fatal   : Unsupported gpu architecture 'compute_130'", "this toolkit does not know compute_130",
     "targets.cuda"},
    {"error: #error -- unsupported GNU version! gcc versions later than 15 are not supported!",
     "the base's compiler is newer than gcc 15, the newest that this CUDA takes", "targets.cuda"},
    {"RuntimeError: \nThe detected CUDA version (13.0) mismatches the version that was used to compile\nPyTorch "
     "(12.8).",
     "torch is built for CUDA 12.8, and the toolkit is CUDA 13.0", "major"},
    {"python: can't open file '/build/sageattention/setup.py': [Errno 2] No such file or directory",
     "its source has no setup.py", "[source]"},
    {"ModuleNotFoundError: No module named 'packaging.version'", "its build needs the Python package packaging",
     "requirements"},
    {"RuntimeError: Ninja is required to load C++ extensions (pip install ninja to get it)", "its build needs ninja",
     "requirements"},
    {"/usr/bin/ld: cannot find -lcuda: No such file or directory",
     "it links against libcuda, which only a driver brings", "driver_stub"},
    {"module.hpp:5:10: fatal error: Python.h: No such file or directory", "Python's headers are missing",
     "python3-dev"},
    {"fatal: unable to access 'https://github.com/x/': Could not resolve host: github.com",
     "it asks the network, and a compile has none", "submodules"},
};

}  // namespace

TEST_CASE("a module that was not made is named beside what was") {
    const auto words = [](std::vector<std::string> made) {
        const Error error = missing_module("norm", "sm_89", "norm/_norm.so", std::move(made));
        return error.message + "; " + error.hint;
    };
    CHECK(words({}).find("left nothing in {output}") != std::string::npos);
    CHECK(words({"norm/_nrom.so", "norm/__init__.py"}) ==
          "the compile of 'norm' for sm_89 made no 'norm/_norm.so', which its GPUs need; it made norm/__init__.py, "
          "norm/_nrom.so; did you mean 'norm/_nrom.so'; the names stand in the recipe's [[module]] table");
    // Two modules of one table are no slip of each other.
    CHECK(missing_module("norm", "sm_90", "norm/_sm90.so", {"norm/_sm89.so"}, {"norm/_sm89.so", "norm/_sm90.so"})
              .hint.find("did you mean") == std::string::npos);
    CHECK(words(std::vector<std::string>(20, "a.txt")).find("a.txt and 12 more") != std::string::npos);
}

TEST_CASE("known compile failures are explained, with what to do") {
    for (const Case& one : cases) {
        INFO(one.log);
        const auto why = explain_compile_failure(
            std::string("before\n") + one.log + "\nninja: build stopped: subcommand failed.\n", 1);
        REQUIRE(why);
        CHECK(why->reason == one.reason);
        CHECK(why->advice.find(one.advice) != std::string::npos);
        CHECK_FALSE(why->out_of_memory);
    }
}

TEST_CASE("memory is told by the kernel's counters alone") {
    REQUIRE(explain_compile_failure("", 1, true));
    CHECK(explain_compile_failure("", 1, true)->out_of_memory);
    // What the tools print of it may be anything.
    CHECK(explain_compile_failure("ModuleNotFoundError: No module named 'x'", 1, true)->out_of_memory);
    for (const char* log : {"nvcc error   : 'cicc' died due to signal 9 (Kill signal)", "virtual memory exhausted",
                            "toy.cu(6): error: identifier \"g\" is undefined\n  catch (const std::bad_alloc&) { }",
                            "terminate called after throwing an instance of 'std::bad_alloc'"}) {
        INFO(log);
        const auto why = explain_compile_failure(log, 1);
        CHECK_FALSE((why && why->out_of_memory));
    }
    const auto killed = explain_compile_failure("", 137);
    REQUIRE(killed);
    CHECK_FALSE(killed->out_of_memory);
    CHECK(killed->reason.find("signal 9") != std::string::npos);
    CHECK_FALSE(explain_compile_failure("", 143));
}

TEST_CASE("the last error decides, and a message that was handled is no cause") {
    for (const char* log :
         {"ModuleNotFoundError: No module named 'optional_thing'\nwithout optional_thing\ntoy.cu(5): error: expected "
          "an "
          "expression\n",
          "ModuleNotFoundError: No module named 'optional_thing'\nwithout optional_thing\n",
          "x.c:1:1: fatal error: Python.h: No such file or directory\nchecking for Python.h... no\nmake: *** Error 1\n",
          "kernel.cu(3): error: identifier \"x\" is undefined\n",
          // A source line that a compiler shows.
          "toy.cu:3:9: error: stray text\n    3 | // : fatal error: Python.h: No such file\n      |         ^\n"}) {
        INFO(log);
        CHECK_FALSE(explain_compile_failure(log, 1));
    }
    const auto why = explain_compile_failure(
        "a.hpp:5:10: fatal error: Python.h: No such file or directory\n    5 | #include <Python.h>\n      |          "
        "^~~~~~~~~~\ncompilation terminated.\nerror: command '/usr/bin/g++' failed with exit code 1\n",
        1);
    REQUIRE(why);
    CHECK(why->reason == "Python's headers are missing");
}

TEST_CASE("a hostile log is looked at in bounded time") {
    const std::string many(20'000'000, 'a');
    for (const char* start :
         {"x: can't open file '", "error   : Instruction '", "nvcc fatal   : Unsupported gpu architecture '"})
        CHECK_FALSE(explain_compile_failure(start + many, 1));
    std::string blank;
    for (int i = 0; i < 200'000; ++i) blank += "[1/2] ninja: ModuleNotFoundError: No module named\n";
    CHECK_FALSE(explain_compile_failure(blank, 1));
}

TEST_CASE("the stand-in for libcuda defines each name of the driver API once") {
    const std::string text = driver_stub_assembly(
        "CUresult CUDAAPI cuInit(unsigned int Flags);\n#define cuMemAlloc cuMemAlloc_v2\n"
        "typedef int cuuint32_t; /* see cuInit */ CUresult xcuNo(void); cudaError_t cudaFree();\n");
    for (const char* name : {"cuInit", "cuMemAlloc", "cuMemAlloc_v2"}) {
        const std::string line = "\n" + std::string(name) + ":\n";
        CHECK(text.find(line) != std::string::npos);
        CHECK(text.find(line) == text.rfind(line));
    }
    for (const char* name : {"cuuint32_t", "xcuNo", "cudaFree", "Flags"}) CHECK(text.find(name) == std::string::npos);
}
