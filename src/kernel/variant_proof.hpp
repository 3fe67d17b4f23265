// SPDX-License-Identifier: Apache-2.0
// The proof of one kernel variant: the device code in its modules, read from their bytes, compared with the recipe's
// promise for every target. The build makes it after linking and stores it (annotation, pod.json); verify/ makes it
// again from the image; `inspect --can-run` and the launcher judge from the stored form. Never opens a file: callers
// map them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "kernel/elf.hpp"
#include "kernel/fatbin.hpp"
#include "kernel/verdict.hpp"

namespace tmplbuild::kernel {

// A row of the recipe's module table: which GPUs call into this shared object.
struct ModuleRule {
    std::string file;                      // relative to the variant's folder: "int8_attention/_fused.so"
    std::vector<Capability> capabilities;  // the GPUs that need it; empty: every GPU
    bool may_jit = false;                  // PTX is enough
    bool host_only = false;                // it holds no device code, and needs none
    // Kernels for which not every GPU needs code, by name without arguments ("hop") or by symbol: units of the module
    // that differ on purpose.
    std::vector<std::string> may_lack{};
    bool needed_by(const Capability& capability) const;
    bool operator==(const ModuleRule&) const = default;
};

struct VariantFile {
    std::string path;  // relative to the variant's folder
    Bytes bytes;       // the whole file; must outlive the call
};

// What one module's bytes say, and all that the proof needs of them.
struct ModuleFacts {
    std::string path;     // relative to the variant's folder
    std::string problem;  // why it could not be read; then nothing below is set
    ElfInfo elf;
    DeviceCode code;
};
ModuleFacts examine_module(const VariantFile& file);
// Whether a variant's file is examined: "_fused.so", "libx.so.1.2".
bool is_shared_object(std::string_view path);

struct VariantRequest {
    std::string kernel{};
    Arch arch{};                        // what the variant was compiled for
    Version toolkit{};                  // 13.0; not set: driver floors are not judged
    std::vector<ModuleRule> modules{};  // the whole table
    std::vector<GpuTarget> targets{};   // the GPUs that this variant is to serve
    std::string torch{};                // what it was compiled against, "2.11.0"; empty: no torch
};

struct ModuleProof {
    ModuleRule rule;  // capabilities empty and in_table false for an .so that the table does not name
    bool in_table = true;
    bool present = true;  // false: the table names it, but this variant was built without it, and nothing below is set
    DeviceCode code;
    std::vector<std::string> needed;
    std::size_t undefined_symbols = 0;  // weak ones not counted
    std::optional<Version> glibc_floor;
    std::optional<Version> glibcxx_floor;
    std::vector<std::string> foreign_runpaths;
    bool operator==(const ModuleProof&) const = default;
};

struct TargetRow {
    std::string gpu;         // GpuTarget::label
    std::string capability;  // "8.9"; empty for a GPU without CUDA
    Judgement judgement;
    bool operator==(const TargetRow&) const = default;
};

struct VariantProof {
    std::string kernel;
    Arch arch;
    Version toolkit;
    std::string torch;                // as in the request
    std::string proven_by = "bytes";  // "bytes", or what a recorded self-test on hardware says
    std::vector<ModuleProof> modules;
    std::vector<TargetRow> rows;
    std::vector<std::string> errors;  // why it fails; never stored, since a failed variant is not kept
    bool ok() const { return errors.empty(); }
};

// Compares every promise of the recipe with the bytes; each broken one is one error that names module, arch and GPU.
// Only files that end in .so or .so.N are looked at. A module that holds code of the host alone is not judged for GPUs,
// but it has to be there and to hold no kernel. Every other module of the table has to hold machine code of the
// variant's own arch. A module that no target needs may be absent. A run path outside $ORIGIN, another CPU or a file
// that cannot be read is an error too.
VariantProof prove_variant(const VariantRequest& request, const std::vector<ModuleFacts>& modules);
VariantProof prove_variant(const VariantRequest& request, const std::vector<VariantFile>& files);

// How the proven variant serves any GPU, whether or not it was a target of the build.
Judgement judge_variant(const VariantProof& proof, const GpuTarget& target, const Host& host = {});

// The same proof with a row for each of these GPUs, whatever GPUs the variant was proven for when it was compiled.
VariantProof proof_for(VariantProof proof, const std::vector<GpuTarget>& targets);

struct VariantChoice {
    std::optional<std::size_t> index;  // the variant that serves best; none when no variant runs
    Judgement judgement;               // of that one, or the reason why none does
};
VariantChoice choose_variant(const std::vector<VariantProof>& variants, const GpuTarget& target, const Host& host = {});

// {"kernel":…,"arch":"sm_89","toolkit":"13.0","proven_by":"bytes","modules":[…],"rows":[…]}: the order of keys is
// stable, and modules leave out values that are usual (false, empty). Reading is strict about types and ranges; keys
// that it does not know are ignored, so that an older release reads what a newer one added.
json::object to_json(const VariantProof& proof);
Result<VariantProof> variant_proof_from_json(const json::object& object);

}  // namespace tmplbuild::kernel
