// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <functional>
#include <iterator>

#include "base/json.hpp"
#include "podspec/each_differs.hpp"
#include "podspec/kernel_fields.hpp"
#include "podspec/pod_spec.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

const std::string hash(64, 'a');

pod::PodSpec whole() {
    pod::PodSpec spec;
    spec.name = "image";
    spec.constraints = "/opt/tmplbuild/constraints.txt";
    spec.cuda = "13.0";
    spec.minimum_driver = "580.65.6";
    pod::Kernel kernel;
    kernel.name = "sageattention";
    kernel.env_var = "INSTALL_SAGEATTENTION";
    kernel.install = pod::InstallMode::required;
    kernel.distribution = "sageattention";
    kernel.version = "2.2.0";
    kernel.variants = {{"89", "/opt/tmplbuild/kernels/sageattention/aa", "sha256:aa", "{}"}};
    kernel.capabilities = {{"8.9", "89", {"s/_fused.so", "s/_qattn_sm89.so"}}, {"9.0", "90a", {"s/_fused.so"}}};
    kernel.modules = {{"s/_fused.so", false, {"hop"}}, {"s/_host.so", true, {}}};
    kernel.refused = {{"10.0", "its dispatcher knows no 10.0 GPU"}};
    kernel.archs = {{"89", "sha256:aa", "12.4", {{"TORCH_CUDA_ARCH_LIST", "{arch}"}}}, {"90a", "sha256:bb", "", {}}};
    kernel.python = {{{"/opt/venv", "/opt/venv/lib/python3.11/site-packages"}},
                     "/opt/venv",
                     "/opt/venv/bin/python",
                     "3.11.2",
                     "cpython-311-x86_64-linux-gnu",
                     "2.11.0+cu130",
                     std::string(40, 'c')};
    kernel.source = {"", "https://example.invalid/x", std::string(40, 'd'), true, {"/opt/tmplbuild/patches/1.patch"}};
    kernel.build = {"13.0",
                    {{"nvidia-cuda-nvcc", "13.0.88", "nvcc.whl", hash}},
                    true,
                    {{"ninja", "1.13.0", "ninja.whl", hash}},
                    "/opt/tmplbuild/kernels/sageattention/nvcc-front",
                    "/build/sageattention",
                    {"python", "setup.py", "build", "--build-lib={output}"},
                    900,
                    std::int64_t{9} << 30,
                    7200};
    kernel.fallback = {"/opt/tmplbuild/kernels/sageattention/fallback", "sageattention", "1.0.6", {"8.6"}};
    kernel.selftest = "/opt/tmplbuild/kernels/sageattention/selftest.py";
    kernel.needs = {"cc", "python-headers"};
    spec.kernels = {kernel};
    return spec;
}

pod::Kernel archived() {
    pod::Kernel kernel;
    kernel.name = "k";
    kernel.archs = {{"89", "sha256:aa", "", {}}};
    kernel.build.toolchain = {{"nvidia-cuda-nvcc", "13.0.88", "nvcc.whl", hash}};
    kernel.source.directory = "/opt/k";
    return kernel;
}

bool says(const std::vector<std::string>& notes, const std::string& text) {
    for (const std::string& note : notes)
        if (note.find(text) != std::string::npos) return true;
    return false;
}

// The whole spec with the first kernel's JSON changed.
pod::PodSpec changed(const std::function<void(json::object&)>& change) {
    json::object document = json::parse(pod::write_pod_spec(whole()), "pod.json").value().get_object();
    change(document.at("kernels").as_array().at(0).as_object());
    return pod::read_pod_spec(json::canonical(document)).value();
}

}  // namespace

TEST_CASE("A kernel with everything in it is read back as it was written") {
    const pod::PodSpec spec = whole();
    const std::string text = pod::write_pod_spec(spec);
    const pod::PodSpec back = pod::read_pod_spec(text).value();
    CHECK(back == spec);
    CHECK(pod::write_pod_spec(back) == text);
    CHECK(pod::check_pod_spec(back).empty());
}

TEST_CASE("Every field of a kernel has another value than its default in the test above") {
    const pod::PodSpec spec = whole();
    const pod::Kernel& kernel = spec.kernels.front();
    each_differs(pod::kernel_fields, std::vector{kernel});
    each_differs(pod::kernel_variant_fields, kernel.variants);
    each_differs(pod::kernel_capability_fields, kernel.capabilities);
    each_differs(pod::kernel_module_fields, kernel.modules);
    each_differs(pod::kernel_refusal_fields, kernel.refused);
    each_differs(pod::kernel_arch_fields, kernel.archs);
    each_differs(pod::kernel_python_fields, std::vector{kernel.python});
    each_differs(pod::kernel_venv_fields, kernel.python.venvs);
    each_differs(pod::kernel_source_fields, std::vector{kernel.source, archived().source});
    each_differs(pod::kernel_build_fields, std::vector{kernel.build});
    each_differs(pod::pinned_file_fields, kernel.build.toolchain);
    each_differs(pod::kernel_fallback_fields, std::vector{kernel.fallback});
}

TEST_CASE("docs/pod-formats.md names every field of a kernel") {
    std::ifstream file(PROJECT_ROOT "/docs/pod-formats.md");
    const std::string page{std::istreambuf_iterator<char>(file), {}};
    REQUIRE_FALSE(page.empty());
    const auto named = [&](const auto& fields) {
        pod::for_each_field(fields, [&](const auto& field) {
            const std::string key = field.key;
            INFO(key);
            CHECK((page.find("`" + key + "`") != page.npos || page.find("`" + key + "[]`") != page.npos));
        });
    };
    named(pod::kernel_fields);
    named(pod::kernel_variant_fields);
    named(pod::kernel_capability_fields);
    named(pod::kernel_module_fields);
    named(pod::kernel_refusal_fields);
    named(pod::kernel_arch_fields);
    named(pod::kernel_python_fields);
    named(pod::kernel_venv_fields);
    named(pod::kernel_source_fields);
    named(pod::kernel_build_fields);
    named(pod::pinned_file_fields);
    named(pod::kernel_fallback_fields);
}

TEST_CASE("A kernel has these bytes, in which what it does on a pod always stands") {
    pod::PodSpec spec;
    spec.kernels = {archived()};
    CHECK(pod::write_pod_spec(spec) ==
          R"({"kernels":[{"archs":[{"arch":"89","key":"sha256:aa"}],"build":{"toolchain":[{"file":"nvcc.whl",)"
          R"("project":"nvidia-cuda-nvcc","sha256":")" +
              hash +
              R"(","version":"13.0.88"}]},"install":"background","name":"k","source":{"directory":"/opt/k"}}],)"
              R"("version":2})"
              "\n");
}

TEST_CASE("A kernel that cannot be read is left out and named, and its neighbour stays") {
    const auto broken = {
        std::pair<std::string, std::function<void(json::object&)>>{
            "kernels[0].build.memory_bytes", [](json::object& k) { k["build"].as_object()["memory_bytes"] = -1; }},
        {"kernels[0].python.venvs", [](json::object& k) { k["python"].as_object()["venvs"] = "x"; }},
        {"kernels[0].archs.environment",
         [](json::object& k) { k["archs"].as_array()[0].as_object()["environment"] = 1; }},
        {"kernels[0].capabilities", [](json::object& k) { k["capabilities"] = json::array{1}; }},
        {"kernels[0].modules.host_only",
         [](json::object& k) { k["modules"].as_array()[0].as_object()["host_only"] = "yes"; }},
        {"kernels[0].fallback", [](json::object& k) { k["fallback"] = "1.0.6"; }},
        {"kernels[0].install", [](json::object& k) { k["install"] = "maybe"; }},
    };
    for (const auto& [words, change] : broken) {
        const pod::PodSpec spec = changed(change);
        INFO(words);
        CHECK(spec.kernels.empty());
        CHECK(says(spec.notes, words));
    }
}

TEST_CASE("A file of an earlier version is read, one of another is refused with both") {
    const auto of = [](std::int64_t version) {
        json::object document = json::parse(pod::write_pod_spec(whole()), "pod.json").value().get_object();
        document["version"] = version;
        return pod::read_pod_spec(json::canonical(document));
    };
    CHECK(of(1).value() == whole());
    for (const std::int64_t version : {0, 3}) {
        REQUIRE_FALSE(of(version));
        CHECK(of(version).error().message ==
              "pod.json has version " + std::to_string(version) + "; this launcher reads versions 1 to 2");
    }
}

TEST_CASE("What a pod does with a kernel has four words, and an older spelling of the last") {
    const auto install = [](const char* word) {
        return changed([&](json::object& k) { k["install"] = word; }).kernels.at(0).install;
    };
    CHECK(install("background") == pod::InstallMode::background);
    CHECK(install("true") == pod::InstallMode::required);
    CHECK(install("prebuilt") == pod::InstallMode::prebuilt);
    CHECK(install("off") == pod::InstallMode::off);
    CHECK(install("false") == pod::InstallMode::off);
}

TEST_CASE("A key of a later version is noted, and the kernel stays") {
    const pod::PodSpec spec = changed([](json::object& k) { k["build"].as_object()["later"] = 1; });
    CHECK(spec.kernels == whole().kernels);
    CHECK(says(spec.notes, "kernels[0].build.later is not a key of this version"));
}

TEST_CASE("Tables that contradict each other are refused when the image is built") {
    auto error_of = [](const std::function<void(pod::Kernel&)>& change) {
        pod::PodSpec spec = whole();
        change(spec.kernels.front());
        const std::vector<Error> errors = pod::check_pod_spec(spec);
        REQUIRE(errors.size() == 1);
        return errors.front().message;
    };
    CHECK(error_of([](pod::Kernel& k) { k.archs.push_back(k.archs.front()); }) ==
          "kernel 'sageattention': two archs are '89'");
    CHECK(error_of([](pod::Kernel& k) { k.capabilities[0].arch = "90"; }) ==
          "kernel 'sageattention': the capability 8.9 is built as '90', which is none of its archs");
    CHECK(error_of([](pod::Kernel& k) { k.refused[0].capability = "8.9"; }) ==
          "kernel 'sageattention': the capability 8.9 is served and refused");
    CHECK(error_of([](pod::Kernel& k) { k.build.toolchain[0].sha256 = "abc"; }) ==
          "kernel 'sageattention': build.toolchain.sha256 'abc' is not a sha256");
    CHECK(error_of([](pod::Kernel& k) { k.build.requirements[0].project.clear(); }) ==
          "kernel 'sageattention': build.requirements.project is missing");
    CHECK(error_of([](pod::Kernel& k) { k.source.directory = "source"; }) ==
          "kernel 'sageattention': source.directory 'source' is not an absolute path");
    CHECK(error_of([](pod::Kernel& k) { k.python.venvs[0].site_packages = "lib"; }) ==
          "kernel 'sageattention': python.venvs.site_packages 'lib' is not an absolute path");
}
