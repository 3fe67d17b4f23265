// SPDX-License-Identifier: Apache-2.0
#include "gpu/verdict.hpp"

#include "kernel/variant_proof.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::gpu;
using kernel::Capability;
using kernel::Verdict;

namespace {

// A proven table as the builder writes it: one module with machine code for one arch, needed by the given GPUs.
std::string table(const char* arch, const std::vector<Capability>& serves) {
    kernel::VariantProof proof;
    proof.kernel = "attention";
    proof.arch = kernel::Arch::parse(arch).value();
    proof.toolkit = {13, 0, 0};
    kernel::ModuleProof module;
    module.rule = {"attention/_a.so", serves, false};
    kernel::Cubin cubin;
    cubin.sm = proof.arch.sm;
    cubin.suffix = proof.arch.suffix;
    cubin.suffix_known = true;
    cubin.kernels = 1;
    module.code.cubins = {cubin};
    module.code.containers = 1;
    proof.modules = {module};
    return json::canonical(kernel::to_json(proof));
}

pod::Kernel attention(const std::vector<std::string>& built) {
    pod::Kernel out;
    out.name = "attention";
    out.env_var = "INSTALL_ATTENTION";
    out.capabilities = {{"8.0", "80", {}}, {"8.6", "80", {}}, {"8.9", "89", {}}, {"9.0", "90a", {}}};
    out.refused = {{"10.0", "its dispatcher knows no 10.0"}};
    for (const std::string& arch : built) {
        const std::vector<Capability> serves = arch == "80"    ? std::vector<Capability>{{8, 0}, {8, 6}}
                                               : arch == "89"  ? std::vector<Capability>{{8, 9}}
                                               : arch == "90a" ? std::vector<Capability>{{9, 0}}
                                                               : std::vector<Capability>{};
        out.variants.push_back({arch, "/opt/" + arch, "sha256:" + arch, table(("sm_" + arch).c_str(), serves)});
    }
    return out;
}

Answer seen(const std::vector<std::pair<const char*, Capability>>& gpus) {
    Answer out;
    out.state = ProbeState::ok;
    out.driver = kernel::Version{580, 95, 5};
    out.driver_cuda = kernel::Version{13, 0, 0};
    for (const auto& [name, capability] : gpus)
        out.gpus.push_back({.index = static_cast<int>(out.gpus.size()), .name = name, .capability = capability});
    return out;
}

}  // namespace

TEST_CASE("the host's verdict, state by state") {
    pod::PodSpec spec;
    spec.cuda = "13.0";
    spec.minimum_driver = "580";
    const Answer good = seen({{"NVIDIA GeForce RTX 4090", {8, 9}}});
    CHECK(judge_host(good, spec) == HostVerdict{HostState::usable, "RTX 4090 (8.9), driver 580.95.05"});
    Answer old = good;
    old.driver = kernel::Version{550, 54, 14};
    old.driver_cuda = kernel::Version{12, 4, 0};
    const HostVerdict refused = judge_host(old, spec);
    CHECK(refused.state == HostState::old_driver);
    CHECK(refused.reason ==
          "RTX 4090 (8.9), driver 550.54.14: programs of CUDA 13.0 need NVIDIA driver 580 or newer; this machine has "
          "550.54.14");
    old.driver_cuda = kernel::Version{13, 0, 0};  // the compatibility package
    CHECK(judge_host(old, spec).state == HostState::usable);
    old.driver_cuda.reset();
    CHECK(judge_host(old, spec).state == HostState::old_driver);
    spec.cuda = spec.minimum_driver = "";
    CHECK(judge_host(old, spec).state == HostState::usable);
    for (const auto& [state, host] : {std::pair{ProbeState::no_gpu, HostState::no_gpu},
                                      {ProbeState::no_driver, HostState::no_driver},
                                      {ProbeState::failed, HostState::failed},
                                      {ProbeState::hangs, HostState::failed},
                                      {ProbeState::crashed, HostState::failed},
                                      {ProbeState::garbage, HostState::failed}}) {
        Answer bad;
        bad.state = state;
        bad.reason = "words";
        CHECK(judge_host(bad, spec) == HostVerdict{host, "words"});
    }
}

TEST_CASE("GPUs in words") {
    CHECK(describe_gpus(seen({{"NVIDIA GeForce RTX 4090", {8, 9}}, {"NVIDIA GeForce RTX 4090", {8, 9}}})) ==
          "2 x RTX 4090 (8.9)");
    CHECK(describe_gpus(seen({{"NVIDIA GeForce RTX 3090", {8, 6}}, {"NVIDIA Something New", {12, 3}}})) ==
          "RTX 3090 (8.6) and NVIDIA Something New (12.3)");
}

TEST_CASE("the kernel's verdict, GPU by GPU") {
    const pod::Kernel kernel = attention({"80", "89"});
    const auto judge = [&](const std::vector<std::pair<const char*, Capability>>& gpus) {
        return judge_kernel(kernel, seen(gpus));
    };
    const KernelVerdict exact = judge({{"NVIDIA GeForce RTX 4090", {8, 9}}});
    CHECK(exact.verdict == Verdict::exact);
    CHECK(exact.variant == 1);
    CHECK(exact.arch == "89");
    CHECK(exact.digest.empty());
    const KernelVerdict compatible = judge({{"NVIDIA GeForce RTX 3090", {8, 6}}});
    CHECK(compatible.verdict == Verdict::compatible);
    CHECK(compatible.variant == 0);
    const KernelVerdict missing = judge({{"NVIDIA H100 PCIe", {9, 0}}});
    CHECK(missing.verdict == Verdict::missing);
    CHECK_FALSE(missing.variant);
    CHECK(missing.arch == "90a");
    CHECK(missing.reason == "no variant of the image runs here: there is sm_80 and sm_89");
    const KernelVerdict refused = judge({{"NVIDIA B200", {10, 0}}});
    CHECK(refused.verdict == Verdict::unsupported);
    CHECK(refused.reason == "its dispatcher knows no 10.0");
    CHECK(refused.arch.empty());
    const KernelVerdict unknown = judge({{"Tesla T4", {7, 5}}});
    CHECK(unknown.verdict == Verdict::unsupported);
    CHECK(unknown.reason == "attention does not serve GPUs of compute capability 7.5");
}

TEST_CASE("several GPUs: one variant serves all of them, or none is used") {
    const pod::Kernel kernel = attention({"80", "89"});
    const KernelVerdict both =
        judge_kernel(kernel, seen({{"NVIDIA A100-SXM4-80GB", {8, 0}}, {"NVIDIA GeForce RTX 3090", {8, 6}}}));
    CHECK(both.variant == 0);
    CHECK(both.verdict == Verdict::compatible);  // as good as on the worst of them
    const KernelVerdict mixed =
        judge_kernel(kernel, seen({{"NVIDIA GeForce RTX 4090", {8, 9}}, {"NVIDIA H100 PCIe", {9, 0}}}));
    CHECK(mixed.verdict == Verdict::missing);
    CHECK(mixed.arch.empty());
    CHECK(mixed.reason ==
          "this pod's GPUs need attention for sm_89 and for sm_90a, and one process can load one of "
          "them only: CUDA_VISIBLE_DEVICES can choose one kind");
    const KernelVerdict two = judge_kernel(attention({"89"}), seen({{"A", {8, 0}}, {"B", {8, 6}}}));
    CHECK(two.arch == "80");
}

TEST_CASE("an image without a variant, and tables that cannot be read") {
    pod::Kernel kernel = attention({});
    CHECK(judge_kernel(kernel, seen({{"A", {8, 9}}})).reason == "the image has no variant of it");
    CHECK(judge_kernel(kernel, seen({{"A", {8, 9}}})).arch == "89");
    kernel = attention({"89"});
    kernel.variants[0].table = "{";
    CHECK_FALSE(judge_kernel(kernel, seen({{"A", {8, 9}}})).variant);
}

TEST_CASE("INSTALL_<KERNEL>") {
    pod::Kernel kernel = attention({});
    kernel.install = pod::InstallMode::required;
    CHECK(choose_install(kernel, std::nullopt).mode == pod::InstallMode::required);
    CHECK(choose_install(kernel, "").mode == pod::InstallMode::required);
    CHECK(choose_install(kernel, "false").mode == pod::InstallMode::off);
    CHECK(choose_install(kernel, " False ").mode == pod::InstallMode::off);
    CHECK(choose_install(kernel, "off").mode == pod::InstallMode::off);
    CHECK(choose_install(kernel, "Prebuilt").mode == pod::InstallMode::prebuilt);
    CHECK(choose_install(kernel, "background").mode == pod::InstallMode::background);
    const InstallChoice wrong = choose_install(kernel, "yes");
    CHECK(wrong.mode == pod::InstallMode::required);
    CHECK(wrong.complaint == "INSTALL_ATTENTION='yes' is not background, true, prebuilt or off; 'true' is used");
}
