// SPDX-License-Identifier: Apache-2.0
// Whole images, each with one thing wrong, and the words for it.
#include "verify/verify.hpp"

#include "oci/archive_out.hpp"
#include "oci/layout.hpp"
#include "support/catch.hpp"
#include "verify/fake_image.hpp"

using namespace tmplbuild;
using fake::Image;
using fake::told;

namespace {

// The image does not keep its promise, and says so with these words.
void wrong(const Image& image, const std::string& words) {
    const Verification result = image.verify();
    INFO(told(result));
    CHECK(result.exit_code() == 1);
    CHECK(told(result).find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("an image that keeps its promises is a yes, from every form and with nothing read twice") {
    const Image image;
    const Verification first = image.verify();
    INFO(told(first));
    CHECK(first.exit_code() == 0);
    CHECK(first.findings.empty());
    REQUIRE(first.variants.size() == 1);
    CHECK(first.variants[0].findings.empty());
    CHECK(first.variants[0].symbols == 4);
    CHECK(first.variants[0].proof.rows.at(0).judgement.verdict == kernel::Verdict::exact);
    CHECK(first.layers == 4);
    CHECK(first.layers_read == 2);  // the variant's and pod.json's: the others were indexed when they were packed

    const oci::Image made = image.assemble();
    const std::string root = image.folder.path();
    REQUIRE(oci::write_layout(image.store, made, root + "/out", "latest"));
    REQUIRE(oci::write_oci_archive(image.store, made, root + "/oci.tar", "latest", {}));
    REQUIRE(oci::write_docker_archive(image.store, made, root + "/docker.tar", "name:latest", {}));
    const Store empty = Store::open(root + "/empty").value();
    for (const std::string& name :
         {root + "/out", "oci-archive:" + root + "/oci.tar", "docker-archive:" + root + "/docker.tar"})
        for (const Store* store : {static_cast<const Store*>(nullptr), &empty, &empty}) {
            INFO(name);
            const auto source = oci::ImageSource::open(oci::ImageName::parse(name).value()).value();
            const Verification result = verify_image(source, store, {}).value();
            INFO(told(result));
            CHECK(result.exit_code() == 0);
            CHECK(result.variants.size() == 1);
        }
    const auto source = oci::ImageSource::open(oci::ImageName::parse(root + "/out").value()).value();
    CHECK(verify_image(source, &empty, {}).value().layers_read == 2);
    CHECK(verify_image(source, nullptr, {}).value().layers_read == 4);
}

TEST_CASE("device code that is not there, cut off or PTX only is named") {
    Image image;
    SECTION("a truncated module") {
        image.packed_module = image.module.bytes().substr(0, 900);
        wrong(image, "tiny/_a.so is no module that can be read: its section header table lies outside the file");
    }
    SECTION("no module at all") {
        image.without_module = true;
        wrong(image, "tiny/_a.so (tiny for sm_89) does not run on RTX 4090 (8.9): it was not built into this variant");
    }
    SECTION("PTX only") {
        fake::Module other = image.module;
        other.cubins.clear();
        other.ptx = {"sm_89"};
        image.packed_module = other.bytes();
        wrong(image, "has no machine code for RTX 4090 (8.9), and PTX is not enough");
    }
    SECTION("another arch") {
        fake::Module other = image.module;
        other.cubins = {{90}};
        image.packed_module = other.bytes();
        wrong(image, "tiny/_a.so (tiny for sm_89) does not run on RTX 4090 (8.9)");
    }
    SECTION("more than was said") {
        fake::Module other = image.module;
        other.cubins = {{89}, {80}};
        image.packed_module = other.bytes();
        wrong(image, "does not say what the bytes of tiny sm_89 hold: tiny/_a.so");
    }
    SECTION("a later layer took it away") {
        image.without_module = true;
        image.variant[fake::variant_folder + "/tiny/other.txt"] = {"x"};
        wrong(image, "it was not built into this variant");
    }
}

TEST_CASE("annotation and pod.json must agree with each other and with the bytes") {
    Image image;
    SECTION("no annotation") {
        image.annotation = "[]";
        wrong(image, "the image's annotation does not name it");
    }
    SECTION("another annotation") {
        Image other;
        other.module.cubins = {{89}, {80}};
        image.annotation = json::canonical(json::array{kernel::to_json(other.proof())});
        wrong(image, "the image's annotation says something else about it");
    }
    SECTION("an annotation that is none") {
        image.annotation = "{}";
        wrong(image, "the image's annotation is no list of proofs");
    }
    SECTION("a kernel that pod.json lacks") {
        image.pod = pod::write_pod_spec({});
        wrong(image, "the image's annotation names tiny sm_89, and pod.json does not");
    }
    SECTION("a pod.json that is none") {
        image.pod = "{";
        wrong(image, "/opt/tmplbuild/pod.json");
    }
    SECTION("a folder that is not there") {
        std::string pod = image.pod_json();
        pod.replace(pod.find("tiny/0123"), 9, "tiny/4444");
        image.pod = pod;
        wrong(
            image,
            "/opt/tmplbuild/kernels/tiny/4444456789abcdef0123456789abcdef: is not in the image, and pod.json names it");
        CHECK(told(image.verify()).find("tiny/0123456789abcdef0123456789abcdef: is no variant that pod.json names") !=
              std::string::npos);
    }
}

TEST_CASE("what the dynamic linker would not find is named with its likely cause") {
    Image image;
    auto& symbols = image.module.library.symbols;
    SECTION("a symbol of another torch") {
        image.torch_built = "2.10.0";
        symbols.push_back({"_ZN3c1015goneInThisTorchEv", false});
        wrong(image, "tiny/_a.so: built against torch 2.10.0, image has 2.11.0: symbol _ZN3c1015goneInThisTorchEv");
    }
    SECTION("another torch that has all the symbols") {
        image.torch_built = "2.10.0";
        wrong(image, "was compiled against torch 2.10.0, and /opt/venv has torch 2.11.0");
    }
    SECTION("many symbols, three by name") {
        for (const char* name : {"miss_a", "miss_b", "miss_c", "miss_d", "miss_e"}) symbols.push_back({name, false});
        wrong(image, "no library that is loaded exports it: symbol miss_a, miss_b, miss_c and 2 more");
    }
    SECTION("a library that nothing brings") {
        image.module.library.needed.push_back("libgomp.so.1");
        wrong(image, "tiny/_a.so: needs libgomp.so.1, and the dynamic linker would not find it in the image");
    }
    SECTION("a library that another one needs") {
        image.module.library.needed.push_back("libown.so.2");
        image.base["opt/own/lib/libown.so.2"] =
            fake::library({"libown.so.2", {"libdeep.so.3"}, nullptr, nullptr, {}, {}});
        wrong(image, "needs libown.so.2, which needs libdeep.so.3, and the dynamic linker would not find it");
    }
    SECTION("no torch at all") {
        for (auto at = image.venv.begin(); at != image.venv.end();)
            at = at->first.find("torch") != std::string::npos ? image.venv.erase(at) : std::next(at);
        wrong(image, "the modules need torch, and /opt/venv has none");
    }
    SECTION("a newer glibc") {
        symbols.push_back({"strlcpy", false, "GLIBC_2.38", "libc.so.6"});
        wrong(image, "tiny/_a.so: needs glibc 2.38, and the image has 2.36");
    }
    SECTION("torch's library that the module does not name") {
        image.module.library.needed = {"libcudart.so.13", "libc.so.6"};
        wrong(image, "libc10.so exports it, but neither the module nor what it needs names that library");
    }
    SECTION("a run path of the build machine") {
        image.module.library.runpath = "/usr/local/cuda/lib64";
        wrong(image, "tiny/_a.so would look for libraries in '/usr/local/cuda/lib64'");
    }
    SECTION("a bundled torch") {
        image.variant[fake::variant_folder + "/tiny.libs/libtorch-1a2b3c.so"] =
            image.venv.at(fake::site + "/torch/lib/libtorch.so");
        wrong(image, "tiny.libs/libtorch-1a2b3c.so: is a copy of torch's own library");
    }
    SECTION("another Python") {
        image.variant[fake::variant_folder + "/tiny/_b.cpython-312-x86_64-linux-gnu.so"] = {image.module.bytes(), 0755};
        wrong(image, "is for cpython-312, and the image's Python is cpython-311: it would never be imported");
    }
    SECTION("a distribution that is not installed in that version") {
        image.variant[fake::variant_folder + "/tiny-1.0.dist-info/METADATA"] = {
            "Name: tiny\nVersion: 1.0\nRequires-Dist: torch (<2.11,>=2.4)\nRequires-Dist: numpy>=2\n"
            "Requires-Dist: pytest; extra == 'test'\n"};
        wrong(image, "tiny: requires torch (<2.11,>=2.4), and /opt/venv has torch 2.11.0");
        CHECK(told(image.verify()).find("tiny: requires numpy>=2, and /opt/venv has none") != std::string::npos);
        CHECK(told(image.verify()).find("pytest") == std::string::npos);
    }
}

TEST_CASE("what resolves is no finding: the driver, ld.so.conf's folders, LD_LIBRARY_PATH, weak names, $ORIGIN") {
    Image image;
    image.module.library.needed.insert(image.module.library.needed.end(),
                                       {"libcuda.so.1", "libown.so.2", "libhere.so", "libpath.so.1"});
    for (const char* name : {"cuLaunchKernel", "own_call", "here_call", "path_call"})
        image.module.library.symbols.push_back({name, false});
    image.module.library.runpath = "$ORIGIN/../tiny.libs";
    image.variant[fake::variant_folder + "/tiny.libs/libhere.so"] =
        fake::library({"libhere.so", {}, nullptr, nullptr, {{"here_call", true}}, {}});
    image.base["srv/libpath.so.1"] = fake::library({"libpath.so.1", {}, nullptr, nullptr, {{"path_call", true}}, {}});
    image.environment["LD_LIBRARY_PATH"] = "/nowhere:/srv";
    // The bundled library is named by the proof as well, as one that is in no table.
    const Verification result = image.verify();
    INFO(told(result));
    for (const Finding& finding : result.all_findings())
        CHECK(finding.message.find("does not say what the bytes") != std::string::npos);
}

TEST_CASE("what a kernel needs at run time is looked for in the whole image") {
    Image image;
    image.needs = {"cc", "python-headers", "triton"};
    const auto add = [&](const std::string& path, std::uint32_t mode = 0644) { image.base[path] = {"x", mode}; };
    wrong(image, "tiny: needs \"cc\" when it runs, and there is no C compiler (cc, gcc, clang)");
    wrong(image, "there is no Python.h of python3.11");
    wrong(image, "triton runs ldconfig, and there is none");
    add("usr/bin/x86_64-linux-gnu-gcc-12", 0755);
    image.base["usr/bin/gcc"] = fake::link_to("x86_64-linux-gnu-gcc-12");
    image.base["etc/alternatives/cc"] = fake::link_to("/usr/bin/gcc");
    image.base["usr/bin/cc"] = fake::link_to("/etc/alternatives/cc");
    wrong(image, "there is a C compiler and not the program that it compiles with (cc1)");
    add("usr/lib/gcc/x86_64-linux-gnu/12/cc1", 0755);
    wrong(image, "there is a C compiler and no 'as'");
    add("usr/bin/as", 0755);
    add("usr/bin/ld", 0755);
    wrong(image, "there is a C compiler and no header of the C library (stdlib.h)");
    add("usr/include/stdlib.h");
    add("usr/include/python3.11/Python.h");
    wrong(image, "Python.h of python3.11 is there and pyconfig.h is not");
    add("usr/include/python3.11/pyconfig.h");
    add("usr/sbin/ldconfig", 0755);
    const Verification result = image.verify();
    INFO(told(result));
    CHECK(result.exit_code() == 0);
    image.needs = {"lib:libown.so.2", "tool:ldconfig", "python:torch"};
    CHECK(image.verify().exit_code() == 0);
    image.needs = {"lib:libother.so.2"};
    wrong(image, "the dynamic linker would not find libother.so.2");
    image.needs = {"tool:ffmpeg"};
    wrong(image, "there is no program 'ffmpeg'");
    image.needs = {"python:numpy"};
    wrong(image, "the distribution 'numpy' is not installed in /opt/venv");
    image.needs = {"something new"};
    CHECK(image.verify().exit_code() == 5);
}

TEST_CASE("an image without kernels has nothing to prove") {
    const Image place;
    oci::ImageSpec spec;
    spec.layers = {place.pack(fake::base_layer())};
    const oci::Image image = oci::assemble_image(place.store, spec).value();
    const Verification result =
        verify_image(oci::ImageSource::of_store(place.store, image.manifest_digest).value(), &place.store, {}).value();
    CHECK(result.exit_code() == 0);
    CHECK(result.variants.empty());
    CHECK(result.layers_read == 0);
}
