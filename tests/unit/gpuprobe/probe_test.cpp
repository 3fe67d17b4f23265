// SPDX-License-Identifier: Apache-2.0
#include "gpuprobe/probe.hpp"

#include <unistd.h>

#include <csignal>

#include "gpuprobe/bounded_child.hpp"
#include "gpuprobe/library.hpp"
#include "gpuprobe/sources.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::gpu;
using std::chrono::milliseconds;

TEST_CASE("nvidia-smi's lines") {
    const Answer one = parse_smi(
        "0, NVIDIA GeForce RTX 4090, GPU-1, 8.9, 24564, 580.95.05\n1, Tesla T4, GPU-2, 7.5, [N/A], 580.95.05\n", 0);
    REQUIRE(one.state == ProbeState::ok);
    REQUIRE(one.gpus.size() == 2);
    CHECK(one.gpus[0].capability == kernel::Capability{8, 9});
    CHECK(one.gpus[0].memory == 24564ULL << 20);
    CHECK(one.gpus[1].memory == 0);
    CHECK(one.driver == kernel::Version{580, 95, 5});
    CHECK(parse_smi("No devices were found\n", 0).state == ProbeState::no_gpu);
    CHECK(parse_smi("", 0).state == ProbeState::no_gpu);
    CHECK(parse_smi("", 127).state == ProbeState::no_driver);
    const Answer failed = parse_smi("Failed to initialize NVML: Driver/library version mismatch\n", 18);
    CHECK(failed.state == ProbeState::failed);
    CHECK(failed.reason == "nvidia-smi: Failed to initialize NVML: Driver/library version mismatch (exit code 18)");
    for (const char* text :
         {"hello\n", "0, X, GPU-1, [N/A], 1, 2\n", "0, X, GPU-1, 8.9, 1\n", "zero, X, GPU-1, 8.9, 24564, 580.95.05\n"})
        CHECK(parse_smi(text, 0).state == ProbeState::garbage);
}

TEST_CASE("a library that is nowhere means that there is no driver; one that does not load says why, once") {
    const std::string nowhere = "cannot open shared object file: No such file or directory";
    CHECK(describe_missing("libcuda.so.1", "libcuda.so.1: " + nowhere) ==
          "no NVIDIA driver here: libcuda.so.1 is not in this container");
    CHECK(describe_missing("libcuda.so.1", "/elsewhere/libcuda.so.1: " + nowhere) ==
          "no NVIDIA driver here: libcuda.so.1 is not in this container");
    CHECK(describe_missing("libcuda.so.1", "libother.so.2: " + nowhere) ==
          "libcuda.so.1 cannot be loaded: libother.so.2: " + nowhere);
    CHECK(describe_missing("libcuda.so.1", "libcuda.so.1: invalid ELF header") ==
          "libcuda.so.1 cannot be loaded: invalid ELF header");
}

TEST_CASE("the first source that answers is believed, else the one that tells most") {
    const auto made = [](const char* source, ProbeState state) {
        Answer out;
        out.source = source;
        out.state = state;
        out.reason = source;
        return out;
    };
    const auto state = [&](std::vector<Answer> answers) { return conclude(std::move(answers)).state; };
    CHECK(state({made("a", ProbeState::hangs), made("b", ProbeState::no_gpu)}) == ProbeState::no_gpu);
    CHECK(state({made("a", ProbeState::hangs), made("b", ProbeState::crashed)}) == ProbeState::crashed);
    CHECK(state({made("a", ProbeState::no_driver), made("b", ProbeState::failed)}) == ProbeState::failed);
    CHECK(state({made("a", ProbeState::garbage), made("b", ProbeState::no_driver)}) == ProbeState::garbage);
    const Answer all = conclude({made("a", ProbeState::failed), made("b", ProbeState::failed)});
    CHECK(all.source == "a");
    CHECK(all.attempts.size() == 2);
}

TEST_CASE("a child that hangs, crashes or talks too much takes nothing along") {
    CHECK(ask_child([](int) { ::pause(); }, milliseconds(100), 100).kind == ChildAnswer::Kind::hangs);
    const ChildAnswer crashed = ask_child(
        [](int) {
            ::signal(SIGSEGV, SIG_DFL);  // not the test program's own handler
            ::raise(SIGSEGV);
        },
        milliseconds(20'000), 100);
    CHECK(crashed.kind == ChildAnswer::Kind::crashed);
    CHECK(crashed.code == SIGSEGV);
    const ChildAnswer loud = ask_child(
        [](int fd) {
            const std::string part(1000, 'x');
            for (int i = 0; i < 2000; ++i)
                if (::write(fd, part.data(), part.size()) < 0) ::_exit(1);
        },
        milliseconds(20'000), 5000);
    CHECK(loud.kind == ChildAnswer::Kind::ended);
    CHECK(loud.text.size() < 5000 + 16384);
    CHECK(ask_child([](int) { ::_exit(7); }, milliseconds(20'000), 100).code == 7);
}
