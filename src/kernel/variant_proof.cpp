// SPDX-License-Identifier: Apache-2.0
#include "kernel/variant_proof.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"

namespace tmplbuild::kernel {

namespace {

std::string with_capability(const GpuTarget& target) {
    const std::string capability = target.capability ? target.capability->to_string() : "no CUDA";
    return target.label == capability ? capability : target.label + " (" + capability + ")";
}

// "hop(float*)" and "void hop<4>(float*)" are "hop".
std::string plain_name(const std::string& symbol) {
    std::string name = kernel_name(symbol);
    name.resize(std::min(name.size(), name.find('(')));
    name.resize(std::min(name.size(), name.find('<')));
    return name.substr(name.rfind(' ') + 1);  // npos + 1 is 0
}

bool is_named(const std::string& symbol, const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return name == symbol || name == plain_name(symbol); });
}

constexpr std::size_t names_kept = 3;

// The code as the proof keeps it: units that the recipe lets a GPU lack are marked, and only as many names are kept as
// a reason shows.
DeviceCode judged_code(DeviceCode code, const ModuleRule& rule) {
    for (Unit& unit : code.units) {
        unit.may_be_absent = !rule.may_lack.empty() && !unit.kernels.empty() && !unit.unread &&
                             std::all_of(unit.kernels.begin(), unit.kernels.end(),
                                         [&](const std::string& symbol) { return is_named(symbol, rule.may_lack); });
        if (unit.kernels.size() > names_kept) unit.kernels.resize(names_kept);
    }
    for (Cubin& cubin : code.cubins) {
        std::erase_if(cubin.lacks, [&](const std::string& symbol) { return is_named(symbol, rule.may_lack); });
        if (cubin.lacks.size() > names_kept) cubin.lacks.resize(names_kept);
    }
    // Where every unit has code for the same archs, no reason ever names a unit.
    std::map<std::size_t, std::set<std::string>> archs;
    bool special = false;
    for (const Unit& unit : code.units) special = special || unit.unread || unit.may_be_absent;
    for (const Cubin& cubin : code.cubins) special = special || !cubin.lacks.empty();
    for (const Cubin& cubin : code.cubins)
        if (cubin.runnable()) archs[cubin.unit].insert(cubin.to_string());
    for (const Ptx& ptx : code.ptx)
        if (ptx.kernels > 0) archs[ptx.unit].insert(ptx.to_string());
    for (const auto& [unit, list] : archs) special = special || list != archs.begin()->second;
    if (special) return code;
    code.units.clear();
    for (Cubin& cubin : code.cubins) cubin.unit = 0;
    for (Ptx& ptx : code.ptx) ptx.unit = 0;
    return code;
}

ModuleProof read_module(const ModuleFacts& module, ModuleRule rule, bool in_table, std::vector<std::string>& errors) {
    ModuleProof proof;
    proof.rule = std::move(rule);
    proof.in_table = in_table;
    if (!module.problem.empty()) {
        errors.push_back(module.path + " is no module that can be read: " + module.problem);
        return proof;
    }
    constexpr std::uint16_t shared = 3;
    const ElfInfo& info = module.elf;
    if (info.header.machine != elf_machine_x86_64 || info.header.type != shared)
        errors.push_back(module.path + " is not a shared object for x86-64");
    proof.code = judged_code(module.code, proof.rule);
    proof.needed = info.needed;
    proof.undefined_symbols = static_cast<std::size_t>(
        std::count_if(info.undefined.begin(), info.undefined.end(), [](const Symbol& symbol) { return !symbol.weak; }));
    proof.glibc_floor = info.glibc_floor;
    proof.glibcxx_floor = info.glibcxx_floor;
    proof.foreign_runpaths = info.foreign_runpaths();
    for (const std::string& path : proof.foreign_runpaths)
        errors.push_back(module.path + " would look for libraries in '" + path +
                         "': only paths under $ORIGIN are allowed");
    return proof;
}

std::vector<ModuleProof> read_modules(const VariantRequest& request, const std::vector<ModuleFacts>& files,
                                      std::vector<std::string>& errors) {
    std::vector<ModuleProof> modules;
    for (const ModuleRule& rule : request.modules) {
        const auto file = std::find_if(files.begin(), files.end(),
                                       [&](const ModuleFacts& module) { return module.path == rule.file; });
        if (file != files.end()) {
            modules.push_back(read_module(*file, rule, true, errors));
            continue;
        }
        ModuleProof absent;
        absent.rule = rule;
        absent.present = false;
        modules.push_back(absent);
    }
    // Sorted by name, so that the order in which files are listed does not matter.
    std::vector<const ModuleFacts*> others;
    for (const ModuleFacts& file : files) others.push_back(&file);
    std::sort(others.begin(), others.end(), [](const auto* a, const auto* b) { return a->path < b->path; });
    for (const ModuleFacts* other : others) {
        const ModuleFacts& file = *other;
        const bool named = std::any_of(request.modules.begin(), request.modules.end(),
                                       [&](const ModuleRule& rule) { return rule.file == file.path; });
        if (!named) modules.push_back(read_module(file, {file.path, {}, false}, false, errors));
    }
    return modules;
}

bool needs(const ModuleProof& module, const GpuTarget& target) {
    return module.in_table && target.capability && module.rule.needed_by(*target.capability);
}

Judgement judge_module(const ModuleProof& module, const GpuTarget& target, const Host& host) {
    if (!module.present) return {Verdict::missing, "it was not built into this variant"};
    if (module.rule.host_only) return {Verdict::exact, "it is code of the host alone"};
    return judge(module.code, target, host);
}

void check_target(const VariantRequest& request, const VariantProof& proof, const GpuTarget& target,
                  std::vector<std::string>& errors) {
    const std::string built = " (" + proof.kernel + " for " + proof.arch.to_string() + ")";
    const std::string gpu = with_capability(target);
    if (!target.capability) return errors.push_back(gpu + " cannot be a target: it is not a CUDA GPU" + built);
    bool any = false;
    for (const ModuleProof& module : proof.modules) {
        if (!needs(module, target)) continue;
        any = true;
        const Judgement judgement = judge_module(module, target, {});
        const bool bare = module.present && module.code.empty() && !module.rule.host_only;
        if (bare)
            errors.push_back(module.rule.file + built +
                             " holds no device code; if it is host code alone, write device_code = false at its "
                             "[[module]]");
        else if (!runs(judgement.verdict))
            errors.push_back(join({module.rule.file, built, " does not run on ", gpu, ": ", judgement.reason}, ""));
        else if (judgement.verdict == Verdict::jit && !module.rule.may_jit)
            errors.push_back(join({module.rule.file, built, " has no machine code for ", gpu,
                                   ", and PTX is not enough: ", judgement.reason},
                                  ""));
    }
    if (!any)
        errors.push_back("none of the " + std::to_string(request.modules.size()) +
                         " modules of the recipe's table is for " + gpu + built);
}

// Code for an earlier arch would run on these GPUs as well, but the variant's name promises code for its own arch.
void check_own_arch(const VariantProof& proof, std::vector<std::string>& errors) {
    for (const ModuleProof& module : proof.modules) {
        if (!module.in_table || !module.present) continue;
        const bool kernels = std::any_of(module.code.cubins.begin(), module.code.cubins.end(),
                                         [](const Cubin& cubin) { return cubin.kernels > 0; }) ||
                             !module.code.ptx.empty();
        if (module.rule.host_only && kernels)
            errors.push_back(module.rule.file + " holds device code, and the recipe says device_code = false");
        if (module.rule.host_only || module.rule.may_jit || module.code.empty()) continue;
        const Judgement own = judge(module.code, proof.arch.capability());
        if (own.verdict != Verdict::exact)
            errors.push_back(module.rule.file + " holds no machine code for " + proof.arch.to_string() +
                             ", which it was compiled for: " + own.reason);
    }
}

// Orders the reasons against running by how much they tell: a doubt first, then the machine's own fault, then absence.
int rank_of_refusal(Verdict verdict) {
    if (verdict == Verdict::unknown) return 0;
    return verdict == Verdict::unsupported ? 1 : 2;
}

// Why no variant serves a GPU that is not in the recipe's table; there may be code that CUDA would run on it.
std::optional<std::string> unpromised(const std::vector<VariantProof>& variants, const GpuTarget& target) {
    if (!target.capability) return std::nullopt;
    std::string runs_there;
    for (const VariantProof& variant : variants) {
        bool any = false, all = true;
        for (const ModuleProof& module : variant.modules) {
            if (!module.in_table) continue;
            if (needs(module, target)) return std::nullopt;
            if (!module.present || module.rule.host_only) continue;
            any = true;
            all = all && runs(judge(module.code, target).verdict);
        }
        if (any && all) runs_there = variant.arch.to_string();
    }
    const std::string gpu = with_capability(target);
    const std::string only = "the recipe's [[arch]] table does not promise " + gpu;
    if (runs_there.empty()) return only;
    return only + ", though its " + runs_there + " code would run there by CUDA's rules";
}

}  // namespace

bool ModuleRule::needed_by(const Capability& capability) const {
    return capabilities.empty() ||
           std::find(capabilities.begin(), capabilities.end(), capability) != capabilities.end();
}

bool is_shared_object(std::string_view path) {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const std::size_t at = name.rfind(".so");
    return at != std::string_view::npos && at != 0 &&
           name.find_first_not_of("0123456789.", at + 3) == std::string_view::npos;
}

ModuleFacts examine_module(const VariantFile& file) {
    ModuleFacts facts;
    facts.path = file.path;
    auto elf = read_elf(file.bytes);
    auto code = elf ? read_device_code(file.bytes) : Result<DeviceCode>(elf.error());
    if (!code) {
        facts.problem = code.error().message;
        return facts;
    }
    facts.elf = std::move(*elf);
    facts.code = std::move(*code);
    return facts;
}

VariantProof prove_variant(const VariantRequest& request, const std::vector<VariantFile>& files) {
    std::vector<ModuleFacts> modules;
    for (const VariantFile& file : files) {
        const bool named = std::any_of(request.modules.begin(), request.modules.end(),
                                       [&](const ModuleRule& rule) { return rule.file == file.path; });
        if (named || is_shared_object(file.path)) modules.push_back(examine_module(file));
    }
    return prove_variant(request, modules);
}

VariantProof prove_variant(const VariantRequest& request, const std::vector<ModuleFacts>& files) {
    VariantProof proof;
    proof.kernel = request.kernel;
    proof.arch = request.arch;
    proof.toolkit = request.toolkit;
    proof.torch = request.torch;
    proof.modules = read_modules(request, files, proof.errors);
    proof = proof_for(std::move(proof), request.targets);
    for (const GpuTarget& target : request.targets) check_target(request, proof, target, proof.errors);
    if (proof.errors.empty()) check_own_arch(proof, proof.errors);  // one broken promise gives one error
    if (request.targets.empty()) proof.errors.emplace_back("a variant needs at least one GPU to be proven for");
    return proof;
}

VariantProof proof_for(VariantProof proof, const std::vector<GpuTarget>& targets) {
    proof.rows.clear();
    for (const GpuTarget& target : targets)
        proof.rows.push_back(
            {target.label, target.capability ? target.capability->to_string() : "", judge_variant(proof, target)});
    return proof;
}

Judgement judge_variant(const VariantProof& proof, const GpuTarget& target, const Host& host) {
    if (!target.capability) return {Verdict::unsupported, target.label + " is not a CUDA GPU"};
    std::vector<std::pair<std::string, Judgement>> judgements;
    bool zstd = false;
    for (const ModuleProof& module : proof.modules) {
        if (!needs(module, target)) continue;
        judgements.emplace_back(module.rule.file, judge_module(module, target, host));
        zstd = zstd || module.code.zstd();
    }
    Judgement judgement = combine(judgements);
    if (runs(judgement.verdict) && proof.toolkit.is_set())
        if (const auto refusal = driver_refusal(proof.toolkit, zstd, host)) return {Verdict::unsupported, *refusal};
    return judgement;
}

VariantChoice choose_variant(const std::vector<VariantProof>& variants, const GpuTarget& target, const Host& host) {
    VariantChoice best{std::nullopt, {Verdict::missing, "there is no variant of it"}};
    for (std::size_t i = 0; i < variants.size(); ++i) {
        Judgement judgement = judge_variant(variants[i], target, host);
        if (runs(judgement.verdict)) {
            // Of two variants that serve equally well, the one for the later arch wins: 8.6 code before 8.0 code on an
            // 8.9.
            const bool better =
                !best.index || judgement.verdict < best.judgement.verdict ||
                (judgement.verdict == best.judgement.verdict && variants[*best.index].arch.sm < variants[i].arch.sm);
            if (better) best = {i, std::move(judgement)};
        } else if (!best.index &&
                   (i == 0 || rank_of_refusal(judgement.verdict) < rank_of_refusal(best.judgement.verdict))) {
            best.judgement = std::move(judgement);
        }
    }
    if (best.index || best.judgement.verdict != Verdict::missing) return best;
    if (const auto reason = unpromised(variants, target)) {
        best.judgement.reason = *reason;
        return best;
    }
    if (variants.size() < 2) return best;
    std::vector<std::string> archs;
    archs.reserve(variants.size());
    for (const VariantProof& variant : variants) archs.push_back(variant.arch.to_string());
    best.judgement.reason = "no variant runs on " + with_capability(target) + ": there is " + join(archs, ", ");
    return best;
}

}  // namespace tmplbuild::kernel
