// SPDX-License-Identifier: Apache-2.0
#include "build/compile_failure.hpp"

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
        const auto why = explain_compile_failure(std::string("before\n") + one.log + "\nafter\n", 1);
        REQUIRE(why);
        CHECK(why->reason == one.reason);
        CHECK(why->advice.find(one.advice) != std::string::npos);
        CHECK_FALSE(why->out_of_memory);
    }
}

TEST_CASE("a compiler that was killed for memory is told from one that found a mistake") {
    for (const char* log : {"nvcc error   : 'cicc' died due to signal 9 (Kill signal)",
                            "g++: fatal error: Killed signal terminated program cc1plus",
                            "cc1plus: out of memory\nvirtual memory exhausted: Cannot allocate memory"}) {
        const auto why = explain_compile_failure(log, 1);
        REQUIRE(why);
        CHECK(why->out_of_memory);
    }
    REQUIRE(explain_compile_failure("", 137));
    CHECK(explain_compile_failure("", 137)->out_of_memory);
    CHECK_FALSE(explain_compile_failure("kernel.cu(3): error: identifier \"x\" is undefined", 2));
    CHECK_FALSE(explain_compile_failure("", 143));
    // What the tools print of it may be anything.
    REQUIRE(explain_compile_failure("ModuleNotFoundError: No module named 'x'", 1, true));
    CHECK(explain_compile_failure("ModuleNotFoundError: No module named 'x'", 1, true)->out_of_memory);
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
