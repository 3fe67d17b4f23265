// SPDX-License-Identifier: Apache-2.0
#include "kernel/verdict.hpp"

#include <map>

#include "kernel/make_device_code.hpp"
#include "support/catch.hpp"

using namespace tmplbuild::kernel;

namespace {

Cubin cubin(const std::string& arch, std::uint32_t kernels = 1) {
    const Arch parsed = Arch::parse(arch).value();
    Cubin out;
    out.sm = parsed.sm;
    out.suffix = parsed.suffix;
    out.kernels = kernels;
    return out;
}
Ptx ptx(const std::string& arch, const Version& isa = {9, 0, 0}) {
    const Arch parsed = Arch::parse(arch).value();
    Ptx out;
    out.sm = parsed.sm;
    out.suffix = parsed.suffix;
    out.isa = isa;
    out.kernels = 1;
    return out;
}
DeviceCode code(const std::vector<Cubin>& cubins, const std::vector<Ptx>& ptx_list = {}) {
    DeviceCode out;
    out.cubins = cubins;
    out.ptx = ptx_list;
    out.containers = 1;
    return out;
}
Judgement judge_on(const DeviceCode& device_code, const char* gpu, const Host& host = {}) {
    return judge(device_code, parse_target(gpu).value(), host);
}

const std::vector<const char*> capabilities = {"7.0",  "7.5",  "8.0",  "8.6",  "8.7",  "8.9",   "9.0",
                                               "10.0", "10.3", "11.0", "12.0", "12.1", "MI300X"};

// One letter a GPU of the list above: = exact, + compatible, j jit, . missing, x unsupported.
std::string row(const DeviceCode& device_code) {
    const std::map<Verdict, char> letters = {{Verdict::exact, '='},   {Verdict::compatible, '+'},
                                             {Verdict::jit, 'j'},     {Verdict::unknown, '?'},
                                             {Verdict::missing, '.'}, {Verdict::unsupported, 'x'}};
    std::string out;
    for (const char* gpu : capabilities) out += letters.at(judge_on(device_code, gpu).verdict);
    return out;
}

}  // namespace

TEST_CASE("every kind of machine code on every GPU that is rented") {
    // GPU:                         7.0 7.5 8.0 8.6 8.7 8.9 9.0 10.0 10.3 11.0 12.0 12.1 MI300X
    const std::map<std::string, std::string> table = {
        {"70", "=+..........x"},   {"75", ".=..........x"},   {"80", "..=+.+......x"},   {"86", "...=.+......x"},
        {"87", "....=.......x"},   {"89", ".....=......x"},   {"90", "......=.....x"},   {"90a", "......=.....x"},
        {"100", ".......=+...x"},  {"100a", ".......=....x"}, {"100f", ".......=+...x"}, {"103", "........=...x"},
        {"103a", "........=...x"}, {"103f", "........=...x"}, {"110", ".........=..x"},  {"110f", ".........=..x"},
        {"120", "..........=+x"},  {"120a", "..........=.x"}, {"120f", "..........=+x"}, {"121", "...........=x"},
        {"121a", "...........=x"}, {"121f", "...........=x"},
    };
    for (const auto& [arch, expected] : table) {
        INFO("sm_" << arch);
        CHECK(row(code({cubin("sm_" + arch)})) == expected);
    }
}

TEST_CASE("every kind of PTX on every GPU that is rented") {
    const std::map<std::string, std::string> table = {
        {"70", "jjjjjjjjjjjjx"},   {"80", "..jjjjjjjjjjx"},   {"90", "......jjjjjjx"},   {"90a", "......j.....x"},
        {"100", ".......jjjjjx"},  {"100a", ".......j....x"}, {"100f", ".......jj...x"}, {"103f", "........j...x"},
        {"110f", ".........j..x"}, {"120", "..........jjx"},  {"120a", "..........j.x"}, {"120f", "..........jjx"},
    };
    for (const auto& [arch, expected] : table) {
        INFO("compute_" << arch);
        CHECK(row(code({}, {ptx("compute_" + arch)})) == expected);
    }
}

TEST_CASE("reasons are for people") {
    const DeviceCode set = code({cubin("80"), cubin("89"), cubin("90a"), cubin("120a")});
    CHECK(judge_on(set, "RTX 4090") == Judgement{Verdict::exact, "sm_89 code is made for 8.9"});
    CHECK(judge_on(set, "RTX 3090") ==
          Judgement{Verdict::compatible, "sm_80 code runs on 8.6 too (same major number, later minor number)"});
    CHECK(judge_on(set, "B200") ==
          Judgement{Verdict::missing, "no code for 10.0: there is sm_80, sm_89, sm_90a and sm_120a"});
    CHECK(judge_on(set, "DGX Spark") ==
          Judgement{Verdict::missing, "no code for 12.1: sm_120a code runs on 12.0 alone"});
    CHECK(judge_on(set, "MI300X") == Judgement{Verdict::unsupported, "MI300X is not a CUDA GPU"});
    CHECK(judge_on(code({cubin("100f")}), "10.3") ==
          Judgement{Verdict::compatible, "sm_100f code runs on 10.3 too (same family, later minor number)"});
    CHECK(judge_on(code({}, {ptx("90", {8, 4, 0})}), "12.0") ==
          Judgement{Verdict::jit,
                    "only compute_90 PTX serves 12.0: the driver (CUDA 12.4 or newer) compiles it at the first load"});
    CHECK(judge_on(DeviceCode(), "8.9") == Judgement{Verdict::missing, "there is no device code in it"});
}

TEST_CASE("the best code decides, and of several compatible the latest") {
    CHECK(judge_on(code({cubin("80"), cubin("86")}), "8.9").reason.starts_with("sm_86"));
    CHECK(judge_on(code({cubin("86"), cubin("80")}), "8.9").reason.starts_with("sm_86"));
    CHECK(judge_on(code({cubin("80")}, {ptx("89")}), "8.9").verdict == Verdict::compatible);
    CHECK(judge_on(code({cubin("90")}, {ptx("80")}), "8.9").verdict == Verdict::jit);
}

TEST_CASE("stubs and unlinked code run nothing") {
    CHECK(judge_on(code({cubin("89", 0)}), "8.9") == Judgement{Verdict::missing, "its device code holds no kernels"});
    Cubin object = cubin("89");
    object.relocatable = true;
    CHECK(judge_on(code({object}), "8.9") ==
          Judgement{Verdict::missing, "its device code is not linked: the device link (nvcc -dlink) is missing"});
    CHECK(judge_on(code({object, cubin("80")}), "8.9").verdict == Verdict::compatible);
    Ptx text = ptx("80");
    text.kernels = 0;
    CHECK(judge_on(code({}, {text}), "8.9").verdict == Verdict::missing);
    text = ptx("80");
    text.relocatable = true;
    CHECK(judge_on(code({}, {text}), "8.9").verdict == Verdict::unknown);
}

TEST_CASE("what cannot be read makes a missing verdict unknown, and nothing else") {
    DeviceCode some = code({cubin("89")});
    some.unknown = {"at byte 64 (arch 90): an entry of kind 8, which is not known here"};
    CHECK(judge_on(some, "8.9").verdict == Verdict::exact);
    CHECK(judge_on(some, "9.0") == Judgement{Verdict::unknown,
                                             "no code for 9.0 was found, but part of the device code cannot be read: "
                                             "at byte 64 (arch 90): an entry of kind 8, which is not known here"});
    CHECK(judge_on(some, "MI300X").verdict == Verdict::unsupported);
}

TEST_CASE("a suffix that is not known counts only where it could matter") {
    Cubin doubtful = cubin("100");
    doubtful.suffix_known = false;
    CHECK(judge_on(code({doubtful}), "10.0").verdict == Verdict::exact);
    CHECK(judge_on(code({doubtful}), "10.3").verdict == Verdict::unknown);
    CHECK(judge_on(code({doubtful}), "12.0").verdict == Verdict::missing);
    CHECK(judge_on(code({doubtful}, {ptx("100")}), "10.3").verdict == Verdict::jit);
}

TEST_CASE("PTX needs a driver that knows its version") {
    const DeviceCode text = code({}, {ptx("80", {9, 0, 0})});
    CHECK(judge_on(text, "8.9", {{}, Version{13, 0, 0}}).verdict == Verdict::jit);
    CHECK(judge_on(text, "8.9", {{}, Version{13, 1, 0}}).verdict == Verdict::jit);
    CHECK(judge_on(text, "8.9", {{}, Version{12, 9, 0}}) ==
          Judgement{Verdict::unsupported,
                    "only compute_80 PTX serves 8.9, which needs a driver of CUDA 13.0 or newer; "
                    "this one's is 12.9"});
    CHECK(judge_on(code({}, {ptx("80", {9, 0, 0}), ptx("75", {8, 0, 0})}), "8.9", {{}, Version{12, 4, 0}}).verdict ==
          Verdict::jit);
    CHECK(judge_on(code({}, {ptx("80", {42, 0, 0})}), "8.9").verdict == Verdict::unknown);
    // Machine code of a newer toolkit needs no compiler in the driver.
    CHECK(judge_on(code({cubin("89")}, {ptx("80")}), "8.9", {{}, Version{12, 0, 0}}).verdict == Verdict::exact);
}

TEST_CASE("PTX versions and the CUDA that brought each") {
    for (const auto& [isa, cuda] : std::map<std::string, std::string>{{"6.0", "9.0"},
                                                                      {"6.2", "9.2"},
                                                                      {"6.3", "10.0"},
                                                                      {"6.5", "10.2"},
                                                                      {"7.0", "11.0"},
                                                                      {"7.8", "11.8"},
                                                                      {"8.0", "12.0"},
                                                                      {"8.4", "12.4"},
                                                                      {"8.5", "12.5"},
                                                                      {"8.6", "12.7"},
                                                                      {"8.7", "12.8"},
                                                                      {"8.8", "12.9"},
                                                                      {"9.0", "13.0"},
                                                                      {"9.2", "13.2"},
                                                                      {"9.5", "13.5"}}) {
        INFO("PTX " << isa);
        REQUIRE(cuda_of_ptx_isa(Version::parse(isa).value()));
        CHECK(cuda_of_ptx_isa(Version::parse(isa).value())->to_string() == cuda);
    }
    for (const char* isa : {"5.0", "6.6", "7.9", "8.9", "9.6", "10.0", "9.0.1"})
        CHECK_FALSE(cuda_of_ptx_isa(Version::parse(isa).value()));
}

TEST_CASE("driver floors") {
    CHECK(minimum_driver({11, 8, 0}, false) == Version{450, 80, 2});
    CHECK(minimum_driver({12, 8, 0}, false) == Version{525, 60, 13});
    CHECK(minimum_driver({12, 8, 0}, true) == Version{550, 54, 14});
    CHECK(minimum_driver({13, 0, 0}, false) == Version{580});
    CHECK(minimum_driver({13, 5, 0}, true) == Version{580});
    CHECK_FALSE(minimum_driver({14, 0, 0}, false));

    CHECK_FALSE(driver_refusal({13, 0, 0}, true, {}));
    CHECK_FALSE(driver_refusal({13, 0, 0}, true, {Version{580, 65, 6}, {}}));
    CHECK(driver_refusal({13, 0, 0}, true, {Version{550, 54, 14}, {}}) ==
          "programs of CUDA 13.0 need NVIDIA driver 580 or newer; this machine has 550.54.14");
    CHECK(driver_refusal({12, 8, 0}, true, {Version{535, 54, 3}, {}}) ==
          "programs of CUDA 12.8 with compressed device code need NVIDIA driver 550.54.14 or newer; "
          "this machine has 535.54.03");
    CHECK_FALSE(driver_refusal({12, 8, 0}, false, {Version{535, 54, 3}, {}}));
    CHECK(driver_refusal({13, 0, 0}, false, {{}, Version{12, 9, 0}}) ==
          "programs of CUDA 13.0 need NVIDIA driver 580 or newer; this machine has one of CUDA 12.9");
    // A compatibility package: an old kernel driver with a newer CUDA on top.
    CHECK_FALSE(driver_refusal({13, 0, 0}, false, {Version{535, 54, 3}, Version{13, 0, 0}}));
    CHECK_FALSE(driver_refusal({14, 0, 0}, false, {Version{535, 54, 3}, {}}));
}

TEST_CASE("a variant is as good as its worst module, and says which that is") {
    const Judgement exact{Verdict::exact, "a"}, compatible{Verdict::compatible, "b"}, missing{Verdict::missing, "c"};
    CHECK(combine({{"one.so", exact}, {"two.so", compatible}}) == Judgement{Verdict::compatible, "two.so: b"});
    CHECK(combine({{"one.so", missing}, {"two.so", compatible}}) == Judgement{Verdict::missing, "one.so: c"});
    CHECK(combine({{"one.so", exact}, {"two.so", exact}}) == Judgement{Verdict::exact, "one.so: a"});
    CHECK(combine({}).verdict == Verdict::missing);
}

TEST_CASE("verdicts have names") {
    for (const Verdict verdict :
         {Verdict::exact, Verdict::compatible, Verdict::jit, Verdict::unknown, Verdict::missing, Verdict::unsupported})
        CHECK(parse_verdict(to_string(verdict)).value() == verdict);
    CHECK_FALSE(parse_verdict("fine"));
    CHECK((runs(Verdict::exact) && runs(Verdict::compatible) && runs(Verdict::jit)));
    CHECK_FALSE((runs(Verdict::unknown) || runs(Verdict::missing) || runs(Verdict::unsupported)));
}
