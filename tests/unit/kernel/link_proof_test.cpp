// SPDX-License-Identifier: Apache-2.0
#include "kernel/link_proof.hpp"

#include <fstream>
#include <iterator>

#include "kernel/make_library.hpp"
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

// Libraries as a layer has them, and the scope of all of them.
class Layer {
  public:
    void add(const std::string& path, const ElfInfo& info) { builder_.add_elf(path, info); }
    void add(const std::string& path, const std::vector<std::string>& exported,
             const std::vector<std::string>& needed = {}) {
        ElfInfo info;
        info.soname = path.substr(path.rfind('/') + 1);
        info.needed = needed;
        for (const std::string& name : exported) info.defined.push_back({name, "", ""});
        add(path, info);
    }
    const LinkScope& scope() {
        text_ = builder_.finish({});
        index_ = LayerIndex::open(make::as_bytes(text_)).value();
        scope_ = {};
        for (std::size_t i = 0; i < index_.elfs().size(); ++i) scope_.add(index_, i);
        return scope_;
    }

  private:
    LayerIndexBuilder builder_;
    std::string text_;
    LayerIndex index_;
    LinkScope scope_;
};

Layer providers() {
    Layer layer;
    layer.add("usr/lib/libc.so.6", libc());
    layer.add("libc10.so", {"_ZN3c106detail14torchCheckFailEPKcS2_jRK" + cxx11, "c10_plain"});
    layer.add("usr/bin/python3.11", {"PyList_New"});
    return layer;
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
    Layer layer = providers();
    CHECK(resolve_symbols(module, layer.scope()).empty());
}

TEST_CASE("a version that the image's library lacks is named with those it has") {
    Layer layer = providers();
    const LinkScope& scope = layer.scope();
    CHECK(
        only(resolve_symbols(wanting({{"pthread_create", false, "GLIBC_2.38", "libc.so.6"}}), scope)) ==
        "pthread_create@GLIBC_2.38 (libc.so.6): libc.so.6 has it in version GLIBC_2.34 only: the library in the image "
        "is not the one that the module was linked with");
    CHECK(only(resolve_symbols(wanting({{"strlcpy", false, "GLIBC_2.38", "libc.so.6"}}), scope)) ==
          "strlcpy@GLIBC_2.38 (libc.so.6): libc.so.6 in the image does not export it");
}

TEST_CASE("a symbol without a version serves a versioned wish only if the loader lets the version pass") {
    Layer layer = providers();
    layer.add("libplain.so.1", std::vector<std::string>{"f"});
    const LinkScope& scope = layer.scope();
    CHECK(resolve_symbols(wanting({{"f", false, "PLAIN_1", "libplain.so.1"}}), scope).empty());
    CHECK(resolve_symbols(wanting({{"f", false, "GLIBC_9.9", "libc.so.6"}}), scope).size() == 1);
}

TEST_CASE("reasons name the likely cause") {
    Layer layer = providers(), old_abi, process = providers();
    const LinkScope& scope = layer.scope();
    const auto reason = [](const std::string& name, const LinkScope& in, const LinkStory& story = {}) {
        return only(resolve_symbols(wanting({{name, false}}), in, story));
    };
    CHECK(reason("_ZN3c106detail14torchCheckFailEPKcS2_jRKSs", scope) ==
          "_ZN3c106detail14torchCheckFailEPKcS2_jRKSs: it is exported for the other C++ string ABI: "
          "compile with -D_GLIBCXX_USE_CXX11_ABI=1");
    CHECK(reason("_ZN3c1015goneInThisTorchEv", scope).ends_with("compiled against another torch"));
    CHECK(reason("_ZN3c1015goneInThisTorchEv", scope, {"2.10.0", "2.11.0", nullptr}) ==
          "_ZN3c1015goneInThisTorchEv: built against torch 2.10.0, image has 2.11.0");
    CHECK(reason("_ZN3c1015goneInThisTorchEv", scope, {"", "2.11.0", nullptr})
              .ends_with("compiled against another torch, which the image's 2.11.0 is not"));
    CHECK(reason("PyGone_Function", scope).ends_with("compiled for another version of Python"));
    CHECK(reason("nobody_has_it", scope).ends_with(": no library that is loaded exports it"));
    CHECK(only(resolve_symbols(wanting({{"x", false, "V1", "libx.so.1"}}), scope)) ==
          "x@V1 (libx.so.1): libx.so.1 is not in the image");

    old_abi.add("libc10.so", std::vector<std::string>{"_ZN3c101fERKSs"});
    CHECK(reason("_ZN3c101fERK" + cxx11, old_abi.scope()).ends_with("-D_GLIBCXX_USE_CXX11_ABI=0"));

    // Loaded by the process, and not for this module: it would not be found either.
    process.add("libelse.so", std::vector<std::string>{"else_where"});
    CHECK(reason("else_where", scope, {"", "", &process.scope()})
              .find("libelse.so exports it, but neither the module nor what it needs names that library") !=
          std::string::npos);
}

TEST_CASE("the driver's own symbols are the host's, if somebody loads its library") {
    const std::vector<make::Sym> symbols = {{"cuLaunchKernel", false}, {"nvmlInit_v2", false}};
    Layer layer = providers(), with_torch = providers();
    const LinkScope& scope = layer.scope();
    CHECK(resolve_symbols(wanting(symbols, {"libcuda.so.1", "libnvidia-ml.so.1"}), scope).empty());
    CHECK(resolve_symbols(wanting(symbols), scope).size() == 2);
    CHECK(resolve_symbols(wanting(symbols), scope)[0].reason.find("-lcuda") != std::string::npos);
    with_torch.add("libtorch_cuda.so", std::vector<std::string>{}, {"libcuda.so.1"});
    CHECK(resolve_symbols(wanting(symbols), with_torch.scope()).empty());
    // Not the driver's: the CUDA runtime and its libraries.
    const std::vector<make::Sym> others = {{"cudaMalloc", false}, {"cublasCreate_v2", false}, {"cuFileRead", false}};
    CHECK(resolve_symbols(wanting(others, {"libcuda.so.1"}), scope).size() == 3);
}
