// SPDX-License-Identifier: Apache-2.0
#include "console/pod/kernel_words.hpp"

#include "support/catch.hpp"

namespace tmplbuild::console {
namespace {

const std::vector<status::Gpu> one_gpu{{0, "NVIDIA GeForce RTX 3090", "8.6", 24LL << 30}};

status::Kernel kernel(const std::string& state, const std::string& verdict, const std::string& reason = "") {
    status::Kernel out{.name = "sageattention", .state = state, .reason = reason};
    out.mode = "background";
    out.verdict = verdict;
    out.arch = verdict.empty() ? "" : "86";
    return out;
}

status::Kernel with(status::Kernel one, const std::function<void(status::Kernel&)>& change) {
    change(one);
    return one;
}

status::Service service(bool with_kernels) {
    status::Service out{.name = "comfyui", .state = "ready", .reason = ""};
    out.pid = 7;
    out.uses_kernels = {"sageattention"};
    out.with_kernels = with_kernels;
    return out;
}

}  // namespace

TEST_CASE("GPUs have the names that people know") {
    CHECK(name_of_gpus({}) == "this pod");
    CHECK(name_of_gpus(one_gpu) == "your RTX 3090");
    CHECK(name_of_gpus({{0, "NVIDIA H100 PCIe", "9.0", 0}, {1, "NVIDIA H100 PCIe", "9.0", 0}}) == "your 2 × H100 PCIe");
    CHECK(name_of_gpus({{0, "NVIDIA H100 PCIe", "9.0", 0}, {1, "Tesla T4", "7.5", 0}}) == "your GPUs");
    CHECK(name_of_gpus({{0, "", "8.6", 0}}) == "your GPU");
}

TEST_CASE("each state, verdict and mode of a kernel is one plain sentence") {
    struct Row {
        status::Kernel kernel;
        std::string words;
    };
    const std::vector<Row> rows{
        {kernel("waiting", ""), "waiting to learn which GPU this is"},
        {kernel("waiting", "exact"), "being put in place; everything works meanwhile, attention is slower"},
        {with(kernel("waiting", "missing", "no network"), [](auto& one) { one.next_try = 5; }),
         "not in place yet: no network; it is tried again by itself, and attention is slower until then"},
        {with(kernel("compiling", "missing"), [](auto& one) { one.seconds_left = 250; }),
         "compiling for your RTX 3090, about 4 minutes left; everything works meanwhile, attention is slower"},
        {with(kernel("compiling", "missing"), [](auto& one) { one.seconds_left = 59; }),
         "compiling for your RTX 3090, less than a minute left; everything works meanwhile, attention is slower"},
        {with(kernel("compiling", "missing"), [](auto& one) { one.seconds_left = 60; }),
         "compiling for your RTX 3090, about 1 minute left; everything works meanwhile, attention is slower"},
        {with(kernel("compiling", "missing"), [](auto& one) { one.seconds_left = 7200; }),
         "compiling for your RTX 3090, about 2 hours left; everything works meanwhile, attention is slower"},
        {kernel("compiling", "missing"),
         "compiling for your RTX 3090; everything works meanwhile, attention is slower"},
        {with(kernel("compiling", "missing"), [](auto& one) { one.mode = "true"; }),
         "compiling for your RTX 3090; the services that use it wait for it"},
        {with(kernel("compiling", "missing"), [](auto& one) { one.name = "int8"; }),
         "compiling for your RTX 3090; everything works meanwhile, what would use it is slower"},
        {kernel("available", "exact"), "in place for your RTX 3090; it has not been checked on this GPU yet"},
        {kernel("available", "compatible"), "in place for your RTX 3090; it has not been checked on this GPU yet"},
        {kernel("available", "jit"), "in place; the driver compiles it for your RTX 3090 when it is first used"},
        {kernel("available", "", "no variant serves 8.6; sage 1 is used"),
         "something slower is used in its place: no variant serves 8.6; sage 1 is used"},
        {with(kernel("available", "exact"), [](auto& one) { one.simulated = true; }),
         "in place, simulated: a stand-in answers instead of a GPU"},
        {kernel("active", "exact"), "works on your RTX 3090: it was checked on this GPU"},
        {kernel("degraded", "exact", "comfyui said: falling back"),
         "in place, but a service fell back to slower code: comfyui said: falling back"},
        {with(kernel("off", "exact"), [](auto& one) { one.mode = "off"; }),
         "switched off; everything works, attention is slower"},
        {kernel("off", "unsupported", "this GPU is too old"),
         "not used: this GPU is too old; everything works, attention is slower"},
        {kernel("failed", "missing", "its compile failed"),
         "cannot be used: its compile failed; everything works without it, attention is slower"},
    };
    for (const Row& row : rows) CHECK(kernel_words(row.kernel, one_gpu) == row.words);
}

TEST_CASE("a service's attention says with what it computes, and why") {
    CHECK(attention_words(service(true), {kernel("active", "exact")}) == "sageattention, sm_86, since it started");
    CHECK(attention_words(service(true), {with(kernel("available", "exact"), [](auto& one) {
                              one.simulated = true;
                          })}) == "sageattention, sm_86 (simulated), since it started");
    CHECK(attention_words(service(true), {kernel("degraded", "exact")}) ==
          "sageattention, sm_86, fell back to slower code, since it started");
    CHECK(attention_words(service(false), {kernel("compiling", "missing")}) ==
          "PyTorch's own: the kernel is still compiling");
    CHECK(attention_words(service(false), {kernel("active", "exact")}) ==
          "PyTorch's own: sageattention is in place, and is used once this service starts again");
    CHECK(attention_words(service(false), {kernel("failed", "missing", "no compiler")}) ==
          "PyTorch's own: the kernel cannot be used: no compiler");
    status::Service ended = service(false);
    ended.pid = 0;
    CHECK_FALSE(attention_words(ended, {kernel("active", "exact")}));
    status::Service other = service(true);
    other.uses_kernels.clear();
    CHECK_FALSE(attention_words(other, {kernel("active", "exact")}));
}

}  // namespace tmplbuild::console
