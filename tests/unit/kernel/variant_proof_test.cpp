// SPDX-License-Identifier: Apache-2.0
#include "kernel/variant_proof.hpp"

#include "kernel/make_device_code.hpp"
#include "support/catch.hpp"

using namespace tmplbuild::kernel;
namespace json = tmplbuild::json;

namespace {

GpuTarget gpu(const char* text) { return parse_target(text).value(); }

// SageAttention's shape: one module for all, one for FP8 GPUs, one for Hopper.
std::vector<ModuleRule> table() {
    return {
        {"sage/_fused.so", {}, false}, {"sage/_sm89.so", {{8, 9}, {12, 0}}, false}, {"sage/_sm90.so", {{9, 0}}, false}};
}

// Files whose bytes live here.
struct Built {
    std::vector<std::pair<std::string, std::string>> content;

    Built& add(const std::string& path, const std::string& bytes) {
        content.emplace_back(path, bytes);
        return *this;
    }
    VariantProof prove(const Arch& arch, const std::vector<const char*>& targets,
                       const std::vector<ModuleRule>& rules = table(), const Version& toolkit = {13, 0, 0}) const {
        std::vector<VariantFile> files;
        for (const auto& [path, bytes] : content) files.push_back({path, make::as_bytes(bytes)});
        VariantRequest request{"sageattention", arch, toolkit, rules, {}};
        for (const char* target : targets) request.targets.push_back(gpu(target));
        return prove_variant(request, files);
    }
};

Built ada() {
    return Built()
        .add("sage/_fused.so", make::module_of({{89, 0, 4}}))
        .add("sage/_sm89.so", make::module_of({{89, 0, 7}}))
        .add("sage/core.py", "import torch")
        .add("LICENSE", "text");
}
VariantProof ada_proof() { return ada().prove({89, 0}, {"RTX 4090", "L40S"}); }
VariantProof proof_of(const make::CubinSpec& spec, const char* target) {
    return Built()
        .add("sage/_fused.so", make::module_of({spec}))
        .add("sage/_sm89.so", make::module_of({spec}))
        .add("sage/_sm90.so", make::module_of({spec}))
        .prove({spec.sm, spec.suffix}, {target});
}

std::string only(const VariantProof& proof) {
    REQUIRE(proof.errors.size() == 1);
    return proof.errors.front();
}

}  // namespace

TEST_CASE("a variant is proven from its bytes for each target") {
    const VariantProof proof = ada_proof();
    CHECK(proof.ok());
    CHECK(proof.rows ==
          std::vector<TargetRow>{{"RTX 4090", "8.9", {Verdict::exact, "sage/_fused.so: sm_89 code is made for 8.9"}},
                                 {"L40S", "8.9", {Verdict::exact, "sage/_fused.so: sm_89 code is made for 8.9"}}});
    REQUIRE(proof.modules.size() == 3);
    CHECK(proof.modules[0].code.cubins.at(0).kernels == 4);
    CHECK(proof.modules[1].code.cubins.at(0).kernels == 7);
    CHECK_FALSE(proof.modules[2].present);  // no target needs it
}

TEST_CASE("each broken promise is one error with module, arch and GPU") {
    CHECK(only(ada().prove({89, 0}, {"RTX 4090", "RTX 3090"})) ==
          "sage/_fused.so (sageattention for sm_89) does not run on RTX 3090 (8.6): "
          "no code for 8.6: there is sm_89");
    CHECK(only(ada().prove({89, 0}, {"8.9", "MI300X"})) ==
          "MI300X (no CUDA) cannot be a target: it is not a CUDA GPU (sageattention for sm_89)");
    CHECK(
        ada().prove({89, 0}, {"H100"}).errors ==
        std::vector<std::string>{
            "sage/_fused.so (sageattention for sm_89) does not run on H100 (9.0): no code for 9.0: there is sm_89",
            "sage/_sm90.so (sageattention for sm_89) does not run on H100 (9.0): it was not built into this variant"});
    CHECK(only(ada().prove({89, 0}, {"8.6"}, {{"sage/_sm90.so", {{9, 0}}, false}})) ==
          "none of the 1 modules of the recipe's table is for 8.6 (sageattention for sm_89)");
    CHECK(only(ada().prove({89, 0}, {})) == "a variant needs at least one GPU to be proven for");
}

TEST_CASE("a stub, an object and a module without device code break the promise") {
    const std::vector<ModuleRule> one = {{"m.so", {}, false}};
    const auto error = [&](const std::string& module) {
        return only(Built().add("m.so", module).prove({89, 0}, {"8.9"}, one));
    };
    CHECK(error(make::module_of({{89, 0, 0}})).ends_with("its device code holds no kernels"));
    CHECK(error(make::module_of({{89, 0, 1, 8, true}})).ends_with("the device link (nvcc -dlink) is missing"));
    CHECK(error(make::module_with("", 0)) ==
          "m.so (sageattention for sm_89) holds no device code; if it is host code alone, write device_code = "
          "false at its [[module]]");
    CHECK(error(make::module_with("", 1)).find("registers 1 containers") != std::string::npos);
}

TEST_CASE("PTX is enough only where the recipe says so") {
    const std::string module = make::module_of({}, {"sm_80"});
    const VariantProof strict = Built().add("m.so", module).prove({80, 0}, {"8.9"}, {{"m.so", {}, false}});
    CHECK(only(strict).find("m.so (sageattention for sm_80) has no machine code for 8.9, and PTX is not enough") == 0);
    CHECK(strict.rows.at(0).judgement.verdict == Verdict::jit);
    CHECK(Built().add("m.so", module).prove({80, 0}, {"8.9"}, {{"m.so", {}, true}}).ok());
}

TEST_CASE("a file that is no good module is an error with its path") {
    const std::vector<ModuleRule> one = {{"m.so", {}, true}};
    const auto errors = [&](const std::string& module) {
        return Built().add("m.so", module).prove({89, 0}, {"8.9"}, one).errors;
    };
    CHECK(errors("junk").at(0) == "m.so is no module that can be read: it is not an ELF file");
    std::string foreign = make::module_of({{89}});
    make::poke<std::uint16_t>(foreign, 18, 183);
    CHECK(errors(foreign) == std::vector<std::string>{"m.so is not a shared object for x86-64"});
    make::Library library;
    library.runpath = "$ORIGIN/lib:/build/sage/lib";
    library.more = {{".nv_fatbin", 1, make::container({make::entry({2, 89, 0x11, make::cubin({})})}), 0, 0}};
    CHECK(errors(make::shared_object(library)) ==
          std::vector<std::string>{
              "m.so would look for libraries in '/build/sage/lib': only paths under $ORIGIN are allowed"});
}

TEST_CASE("shared objects that the table does not name are read and listed, and decide nothing") {
    Built built = ada();
    built.add("sage/libextra.so.1.2", make::module_of({{75}})).add("sage/notes.so.txt", "no module");
    const VariantProof proof = built.prove({89, 0}, {"RTX 4090"});
    CHECK(proof.ok());
    REQUIRE(proof.modules.size() == 4);
    CHECK(proof.modules[3].rule.file == "sage/libextra.so.1.2");
    CHECK_FALSE(proof.modules[3].in_table);
    CHECK(judge_variant(proof, gpu("RTX 4090")).verdict == Verdict::exact);
}

TEST_CASE("what a module needs is recorded") {
    make::Library library;
    library.needed = {"libc10.so", "libcudart.so.13"};
    library.symbols = {{"a", false, "GLIBC_2.34", "libc.so.6"},
                       {"b", false, "GLIBCXX_3.4.29", "libstdc++.so.6"},
                       {"c", false, "", "", true},
                       {"d", true}};
    const VariantProof proof =
        Built().add("m.so", make::shared_object(library)).prove({89, 0}, {"8.9"}, {{"m.so", {}, false}});
    CHECK(proof.modules.at(0).needed == library.needed);
    CHECK(proof.modules[0].undefined_symbols == 2);
    CHECK(proof.modules[0].glibc_floor == Version{2, 34, 0});
    CHECK(proof.modules[0].glibcxx_floor == Version{3, 4, 29});
}

TEST_CASE("the stored proof answers for any GPU and host") {
    const VariantProof proof = ada_proof();
    CHECK(judge_variant(proof, gpu("RTX 4080")).verdict == Verdict::exact);
    CHECK(judge_variant(proof, gpu("RTX 3090")).verdict == Verdict::missing);
    CHECK(judge_variant(proof, gpu("MI300X")).verdict == Verdict::unsupported);
    CHECK(judge_variant(proof, gpu("RTX 4090"), {Version{580, 65, 6}, {}}).verdict == Verdict::exact);
    CHECK(judge_variant(proof, gpu("RTX 4090"), {Version{550, 54, 14}, {}}) ==
          Judgement{Verdict::unsupported,
                    "programs of CUDA 13.0 need NVIDIA driver 580 or newer; this machine has 550.54.14"});
    CHECK(judge_variant(ada().prove({89, 0}, {"8.9"}, table(), {}), gpu("8.9"), {Version{450}, {}}).verdict ==
          Verdict::exact);  // the toolkit is not known, so no floor is
}

TEST_CASE("a stored proof says of other targets what it would have said of them at its compile") {
    const VariantProof made = ada_proof();
    const std::vector<GpuTarget> targets = {gpu("L4"), gpu("RTX 4090"), gpu("RTX 3090")};
    const VariantProof judged = proof_for(made, targets);
    CHECK(tmplbuild::json::canonical(to_json(judged)) ==
          tmplbuild::json::canonical(to_json(ada().prove({89, 0}, {"L4", "RTX 4090", "RTX 3090"}))));
    REQUIRE(judged.rows.size() == 3);
    CHECK(judged.rows[2].judgement.verdict == Verdict::missing);
    CHECK(judged.modules == made.modules);
}

TEST_CASE("each unit of a module is judged by itself, and the reason names it by its kernels") {
    const make::CubinSpec ada{89, 0, 1, 8, false, true, "add"};
    const make::CubinSpec hopper{90, 0, 3, 8, false, true, "_Z3hopPfi"};
    const std::string module = make::module_of_units({{ada}, {hopper}});
    const auto prove = [&](const ModuleRule& rule) {
        return Built().add("m.so", module).prove({89, 0}, {"RTX 4090"}, {rule});
    };
    CHECK(only(prove({"m.so", {}, false})) ==
          "m.so (sageattention for sm_89) does not run on RTX 4090 (8.9): the unit with the kernel _Z3hopPfi0, "
          "_Z3hopPfi1 "
          "and 1 more: no code for 8.9: there is sm_90");
    // Units that differ on purpose are named in the recipe, and the stored form says so.
    const VariantProof named = prove({"m.so", {}, false, false, {"_Z3hopPfi0", "_Z3hopPfi1", "_Z3hopPfi2"}});
    CHECK(named.ok());
    CHECK_FALSE(prove({"m.so", {}, false, false, {"_Z3hopPfi0"}}).ok());
    const VariantProof back = variant_proof_from_json(to_json(named)).value();
    CHECK(back.modules == named.modules);
    CHECK(judge_variant(back, gpu("RTX 4090")).verdict == Verdict::exact);
    CHECK(judge_variant(back, gpu("H100")).verdict == Verdict::missing);  // the other unit, which counts
}

TEST_CASE("a kernel that only another arch's code has is missing") {
    const make::CubinSpec few{80, 0, 1}, more{90, 0, 2};
    const std::string module = make::module_of_units({{few, more}});
    const std::string reason = only(Built().add("m.so", module).prove({80, 0}, {"8.9"}, {{"m.so", {}, false}}));
    CHECK(
        reason.ends_with("sm_80 code is what 8.9 loads, and it lacks kernel1, which code of the same unit for another "
                         "arch has"));
    CHECK(Built().add("m.so", module).prove({80, 0}, {"8.0"}, {{"m.so", {}, false, false, {"kernel1"}}}).ok());
    const VariantProof hopper = Built().add("m.so", module).prove({90, 0}, {"9.0"}, {{"m.so", {}, false}});
    CHECK(hopper.ok());
    CHECK(variant_proof_from_json(to_json(hopper)).value().modules == hopper.modules);
}

TEST_CASE("a module of host code alone can be promised, and holds none of the device") {
    const std::vector<ModuleRule> rules = {{"m.so", {}, false}, {"v.so", {}, false, true}};
    const VariantProof proof = Built()
                                   .add("m.so", make::module_of({{89}}))
                                   .add("v.so", make::module_with("", 0))
                                   .prove({89, 0}, {"8.9"}, rules);
    CHECK(proof.ok());
    CHECK(judge_variant(variant_proof_from_json(to_json(proof)).value(), gpu("8.9")).verdict == Verdict::exact);
    CHECK(only(Built().add("m.so", make::module_of({{89}})).prove({89, 0}, {"8.9"}, rules))
              .ends_with("it was not built into this variant"));
    CHECK(only(Built()
                   .add("m.so", make::module_of({{89}}))
                   .add("v.so", make::module_of({{89}}))
                   .prove({89, 0}, {"8.9"}, rules)) ==
          "v.so holds device code, and the recipe says device_code = false");
}

TEST_CASE("where the recipe promises less than the bytes could do, the recipe is the reason") {
    const std::vector<ModuleRule> only80 = {{"m.so", {{8, 0}}, false}}, only90 = {{"m.so", {{9, 0}}, false}};
    const std::vector<VariantProof> variants = {
        Built().add("m.so", make::module_of({{80}})).prove({80, 0}, {"A100"}, only80),
        Built().add("m.so", make::module_of({{90}})).prove({90, 0}, {"H100"}, only90)};
    CHECK(choose_variant(variants, gpu("RTX 3090")).judgement ==
          Judgement{Verdict::missing,
                    "the recipe's [[arch]] table does not promise RTX 3090 (8.6), though its sm_80 code "
                    "would run there by CUDA's rules"});
    CHECK(choose_variant(variants, gpu("B200")).judgement.reason ==
          "the recipe's [[arch]] table does not promise B200 (10.0)");
    CHECK(choose_variant({variants[0]}, gpu("RTX 3090")).judgement.reason.find("does not promise") !=
          std::string::npos);
}

TEST_CASE("of several variants the one that serves best is chosen") {
    const std::vector<VariantProof> variants = {proof_of({80}, "8.0"), proof_of({86}, "8.6"),
                                                proof_of({90, 'a'}, "9.0"), proof_of({120, 'a'}, "12.0")};
    CHECK(choose_variant(variants, gpu("A100")).index == 0);
    CHECK(choose_variant(variants, gpu("RTX 3090")).index == 1);
    CHECK(choose_variant(variants, gpu("RTX 4090")).index == 1);  // compatible with both: the later one
    CHECK(choose_variant(variants, gpu("RTX 4090")).judgement.verdict == Verdict::compatible);
    CHECK(choose_variant(variants, gpu("H100")).index == 2);
    CHECK(choose_variant(variants, gpu("RTX 5090")).index == 3);

    const VariantChoice none = choose_variant(variants, gpu("B200"));
    CHECK_FALSE(none.index);
    CHECK(none.judgement ==
          Judgement{Verdict::missing, "no variant runs on B200 (10.0): there is sm_80, sm_86, sm_90a, sm_120a"});
    CHECK(choose_variant(variants, gpu("RTX 4090"), {Version{535}, {}}).judgement.verdict == Verdict::unsupported);
    CHECK(choose_variant(variants, gpu("MI300X")).judgement.verdict == Verdict::unsupported);
    CHECK(choose_variant({}, gpu("RTX 4090")).judgement.verdict == Verdict::missing);
}

TEST_CASE("a proof survives JSON, and nothing else does") {
    Built built = ada();
    built.add("sage/libextra.so", make::module_with(make::container({make::entry({2, 90, 0x11, make::cubin({90, 'a'})}),
                                                                     make::entry({1, 80, 0x11, make::ptx("sm_80")}),
                                                                     make::entry({8, 80, 0x11, "LTO"})}),
                                                    1, make::container({make::entry({2, 89, 0x11, make::cubin({})})})));
    VariantProof proof = built.prove({89, 0}, {"RTX 4090", "12.0"}, table(), {13, 0, 0});
    REQUIRE(proof.modules.at(3).code.cubins.size() == 2);
    proof.modules[3].code.cubins[1].compressed = proof.modules[3].code.cubins[1].zstd = true;
    proof.modules[3].code.ptx[0].compressed = true;
    proof.modules[0].glibc_floor = Version{2, 34, 0};
    proof.modules[0].foreign_runpaths = {"/x"};
    proof.modules[1].rule.may_jit = true;
    proof.proven_by = "bytes";

    const std::string text = json::canonical(to_json(proof));
    const auto back = variant_proof_from_json(json::parse(text, "proof").value().as_object());
    REQUIRE(back);
    CHECK(back->modules == proof.modules);
    CHECK(back->rows == proof.rows);
    CHECK(back->kernel == proof.kernel);
    CHECK(back->arch == proof.arch);
    CHECK(back->toolkit == proof.toolkit);
    CHECK(json::canonical(to_json(*back)) == text);
    CHECK(back->ok());  // errors are never stored
    CHECK(judge_variant(*back, gpu("RTX 4090")) == judge_variant(proof, gpu("RTX 4090")));
    CHECK(back->modules[3].code.cubins[1].to_string() == "sm_90?");
}

TEST_CASE("the stored form has one documented shape") {
    const VariantProof proof = Built()
                                   .add("m.so", make::module_of({{90, 'a', 2}}, {"sm_90"}))
                                   .prove({90, 'a'}, {"H100"}, {{"m.so", {{9, 0}}, true}, {"n.so", {{8, 9}}, false}});
    const auto object = to_json(proof);
    const std::string size = std::to_string(make::cubin({90, 'a', 2}).size());
    const std::string ptx_size = std::to_string(make::ptx("sm_90").size());
    CHECK(
        boost::json::serialize(object) ==
        R"({"kernel":"sageattention","arch":"sm_90a","toolkit":"13.0","proven_by":"bytes","modules":[)"
        R"({"file":"m.so","capabilities":["9.0"],"may_jit":true,"containers":1,"cubins":[)"
        R"({"arch":"sm_90a","kernels":2,"bytes":)" +
            size + R"(}],"ptx":[{"arch":"compute_90","isa":"9.0","kernels":1,"bytes":)" + ptx_size +
            R"(}],"needed":[],"undefined_symbols":0},)"
            R"({"file":"n.so","capabilities":["8.9"],"present":false}],)"
            R"("rows":[{"gpu":"H100","capability":"9.0","verdict":"exact","reason":"m.so: sm_90a code is made for 9.0"}]})");
}

TEST_CASE("a wrong stored proof is one error that names the member") {
    const std::string good = json::canonical(to_json(ada_proof()));
    const auto error = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        const std::size_t at = text.find(from);
        REQUIRE(at != std::string::npos);
        text.replace(at, from.size(), to);
        const auto proof = variant_proof_from_json(json::parse(text, "proof").value().as_object());
        REQUIRE_FALSE(proof);
        return proof.error().message;
    };
    CHECK(error(R"("arch":"sm_89")", R"("arch":"sm_89q")").find("arch is not an arch") != std::string::npos);
    CHECK(error(R"("bytes":)", R"("bytes":-1,"was":)").find("modules[0].cubins[0].bytes is not a number") !=
          std::string::npos);
    CHECK(error(R"("kernels":4)", R"("kernels":5000000000)").find("kernels is not a number") != std::string::npos);
    CHECK(error(R"("verdict":"exact")", R"("verdict":"fine")").find("rows[0].verdict is not a verdict") !=
          std::string::npos);
    CHECK(error(R"("file":"sage/_fused.so")", R"("file":7)").find("modules[0].file is not a string") !=
          std::string::npos);
    CHECK(error(R"("8.9")", R"("eight")").find("capabilities") != std::string::npos);
    CHECK(error(R"("toolkit":"13.0")", R"("toolkit":"new")").find("toolkit is not a version") != std::string::npos);
    CHECK(error(R"("modules":[)", R"("modules":{},"more":[)").find("modules is not an array") != std::string::npos);
    CHECK(error(R"("needed":[])", R"("needed":[1])").find("needed is not an array of strings") != std::string::npos);
    CHECK_FALSE(variant_proof_from_json({}));
}
