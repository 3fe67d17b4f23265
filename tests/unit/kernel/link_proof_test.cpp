// SPDX-License-Identifier: Apache-2.0
#include "kernel/link_proof.hpp"

#include <fstream>
#include <iterator>

#include "kernel/make_elf.hpp"
#include "support/catch.hpp"

using namespace tmplbuild::kernel;

namespace {

const std::string cxx11 = "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE";

ElfInfo library(const make::Library& spec) { return read_elf(make::as_bytes(make::shared_object(spec))).value(); }

ElfInfo libc() {
    make::Library spec;
    spec.soname = "libc.so.6";
    spec.symbols = {{"memcpy", true, "GLIBC_2.14"},
                    {"memcpy", true, "GLIBC_2.2.5", "", false, true},
                    {"pthread_create", true, "GLIBC_2.34"}};
    return library(spec);
}

ProviderIndex providers() {
    ProviderIndex index;
    index.add("libc.so.6", libc());
    index.add("libc10.so",
              {Symbol{"_ZN3c106detail14torchCheckFailEPKcS2_jRK" + cxx11, "", ""}, Symbol{"c10_plain", "", ""}});
    index.add("python3.11", {Symbol{"PyList_New", "", ""}});
    return index;
}

ElfInfo wanting(const std::vector<make::Sym>& symbols, const std::vector<std::string>& needed = {"libc.so.6"}) {
    make::Library spec;
    spec.soname = "module.so";
    spec.needed = needed;
    spec.symbols = symbols;
    return library(spec);
}

std::string only(const std::vector<MissingSymbol>& missing) {
    REQUIRE(missing.size() == 1);
    return missing[0].to_string() + ": " + missing[0].reason;
}

}  // namespace

TEST_CASE("what libraries export is found, old versions too") {
    const ElfInfo module = wanting({{"memcpy", false, "GLIBC_2.14", "libc.so.6"},
                                    {"memcpy", false, "GLIBC_2.2.5", "libc.so.6"},
                                    {"PyList_New", false},
                                    {"c10_plain", false},
                                    {"pthread_create", false},
                                    {"absent_but_weak", false, "", "", true},
                                    {"own", true}});
    CHECK(resolve_symbols(module, providers()).empty());
    CHECK(missing_libraries(module, providers()).empty());
}

TEST_CASE("a version that the image's library lacks is named with those it has") {
    CHECK(
        only(resolve_symbols(wanting({{"pthread_create", false, "GLIBC_2.38", "libc.so.6"}}), providers())) ==
        "pthread_create@GLIBC_2.38 (libc.so.6): libc.so.6 has it in version GLIBC_2.34 only: the library in the image "
        "is not the one that the module was linked with");
    CHECK(only(resolve_symbols(wanting({{"strlcpy", false, "GLIBC_2.38", "libc.so.6"}}), providers())) ==
          "strlcpy@GLIBC_2.38 (libc.so.6): libc.so.6 in the image does not export it");
}

TEST_CASE("a symbol without a version serves a versioned wish only if the loader lets the version pass") {
    ProviderIndex index = providers();
    index.add("libplain.so.1", {Symbol{"f", "", ""}});
    CHECK(resolve_symbols(wanting({{"f", false, "PLAIN_1", "libplain.so.1"}}), index).empty());
    CHECK(resolve_symbols(wanting({{"f", false, "GLIBC_9.9", "libc.so.6"}}), index).size() == 1);
}

TEST_CASE("reasons name the likely cause") {
    const auto reason = [](const std::string& name, const ProviderIndex& index = providers()) {
        return only(resolve_symbols(wanting({{name, false}}), index));
    };
    CHECK(reason("_ZN3c106detail14torchCheckFailEPKcS2_jRKSs") ==
          "_ZN3c106detail14torchCheckFailEPKcS2_jRKSs: it is exported for the other C++ string ABI: "
          "compile with -D_GLIBCXX_USE_CXX11_ABI=1");
    CHECK(reason("_ZN3c1015goneInThisTorchEv").ends_with("compiled against another torch"));
    CHECK(reason("PyGone_Function").ends_with("compiled for another version of Python"));
    CHECK(reason("nobody_has_it").ends_with(": no library that is loaded exports it"));
    CHECK(only(resolve_symbols(wanting({{"x", false, "V1", "libx.so.1"}}), providers())) ==
          "x@V1 (libx.so.1): libx.so.1 is not in the image");

    ProviderIndex old_abi;
    old_abi.add("libc10.so", {Symbol{"_ZN3c101fERKSs", "", ""}});
    CHECK(reason("_ZN3c101fERK" + cxx11, old_abi).ends_with("-D_GLIBCXX_USE_CXX11_ABI=0"));
}

TEST_CASE("the driver's own symbols are the host's, if somebody loads its library") {
    const std::vector<make::Sym> symbols = {{"cuLaunchKernel", false}, {"nvmlInit_v2", false}};
    CHECK(resolve_symbols(wanting(symbols, {"libcuda.so.1", "libnvidia-ml.so.1"}), providers()).empty());
    CHECK(missing_libraries(wanting(symbols, {"libcuda.so.1", "libnvidia-ml.so.1"}), providers()).empty());
    CHECK(resolve_symbols(wanting(symbols), providers()).size() == 2);
    CHECK(resolve_symbols(wanting(symbols), providers())[0].reason.find("-lcuda") != std::string::npos);
    ProviderIndex with_torch = providers();
    with_torch.add("libtorch_cuda.so", {}, {"libcuda.so.1"});
    CHECK(resolve_symbols(wanting(symbols), with_torch).empty());
    // Not the driver's: the CUDA runtime and its libraries.
    CHECK(resolve_symbols(wanting({{"cudaMalloc", false}, {"cublasCreate_v2", false}}, {"libcuda.so.1"}), providers())
              .size() == 2);
}

TEST_CASE("needed libraries that are not there are listed") {
    CHECK(missing_libraries(wanting({}, {"libc.so.6", "libcudart.so.13", "libcuda.so.1"}), providers()) ==
          std::vector<std::string>{"libcudart.so.13"});
}
