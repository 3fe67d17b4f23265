// SPDX-License-Identifier: Apache-2.0
// One variant: compiled for one arch in the image's own layers, stripped, proven, packed.
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "base/text.hpp"
#include "engine/kernel/compile_failure.hpp"
#include "engine/kernel/kernel_requirements.hpp"
#include "engine/kernel/kernel_source.hpp"
#include "engine/kernel/toolchain_tree.hpp"
#include "engine/kernel/torch_facts.hpp"
#include "engine/machine_budget.hpp"
#include "engine/python/venv_place.hpp"
#include "engine/steps/steps.hpp"
#include "kernel/driver_stub.hpp"
#include "kernel/variant_digest.hpp"
#include "kernel/variant_proof.hpp"
#include "pack/entry_set.hpp"
#include "plan/kernel_specs.hpp"
#include "plan/keys.hpp"
#include "sys/file_digest.hpp"
#include "sys/mapped_file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

// What build scripts find is the front, which lets one arch through; the toolkit itself lies beside it.
const char* const cuda_inside = "/usr/local/cuda";
const char* const toolkit_inside = "/usr/local/cuda-toolkit";
const char* const front_log = "nvcc-front.jsonl";
const char* const output_inside = "/build/output";
const char* const log_inside = "/build/log";
const char* const stub_inside = "/build/stub";

// "30", "0.5".
std::string short_number(double value) {
    std::string out = std::to_string(value);
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
    return out;
}

class Compile {
  public:
    Compile(const KernelSpec& spec, StepContext& context) : spec_(spec), context_(context) {}

    Result<StepOutput> run() {
        if (auto made = prepare(); !made) return made.error();
        if (auto done = canary(); !done) return done.error();
        if (auto done = compile(); !done) return done.error();
        if (auto done = finish_files(); !done) return done.error();
        auto proof = prove();
        if (!proof) return proof.error();
        return pack(*proof);
    }

  private:
    fs::path source() const { return work_->path() / "source"; }
    fs::path output() const { return work_->path() / "output"; }
    fs::path log_folder() const { return work_->path() / "log"; }
    std::string source_inside() const { return compile_directory(spec_.kernel); }

    Result<void> prepare() {
        auto work = context_.store.new_temp_directory("kernel");
        if (!work) return work.error();
        work_ = std::move(*work);
        for (const fs::path& folder : {source(), output(), log_folder()})
            if (auto made = sys::make_directories(folder); !made) return made;
        context_.say("laying out the source");
        if (auto laid =
                lay_kernel_source({spec_.kernel, spec_.recipe, spec_.source, spec_.patches}, source(), context_);
            !laid)
            return laid;
        auto toolkit = toolchain_tree(spec_.toolchain, context_);
        if (!toolkit) return toolkit.error();
        std::vector<SandboxMount> mounts = {{*toolkit, toolkit_inside},
                                            {*toolkit, cuda_inside},
                                            {context_.nvcc_front, std::string(cuda_inside) + "/bin/nvcc"},
                                            {log_folder(), log_inside, false},
                                            {source(), source_inside(), false},
                                            {output(), output_inside, false}};
        if (!spec_.requirements.empty()) {
            auto tree = kernel_requirements_tree(spec_.requirements, context_);
            if (!tree) return tree.error();
            mounts.push_back({*tree, kernel_requirements_inside});
        }
        if (spec_.recipe.driver_stub) {
            if (auto made = write_driver_stub(*toolkit); !made) return made;
            mounts.push_back({work_->path() / "stub", stub_inside, false});
        }
        auto session = context_.sandbox->open(context_.below, mounts);
        if (!session) return session.error();
        session_ = std::move(*session);
        return {};
    }

    Result<void> write_driver_stub(const fs::path& toolkit) const {
        auto header = sys::read_file(toolkit / "include/cuda.h", 16 << 20);
        if (!header) return header.error();
        const fs::path folder = work_->path() / "stub";
        if (auto made = sys::make_directories(folder); !made) return made;
        return sys::write_file_atomic(folder / "cuda.s", driver_stub_assembly(*header));
    }

    std::map<std::string, std::string> environment() const {
        const std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        std::map<std::string, std::string> out{{"CUDA_HOME", cuda_inside},
                                               {"TMPLBUILD_NVCC", std::string(toolkit_inside) + "/bin/nvcc"},
                                               {"TMPLBUILD_ARCH", spec_.arch.number()},
                                               {"TMPLBUILD_NVCC_LOG", std::string(log_inside) + "/" + front_log}};
        const std::string venv = spec_.torch_venv.empty() ? "" : spec_.torch_venv + "/bin:";
        // `python` is the venv's, where there is one.
        const std::string own = kernel_requirements_inside;
        out["PATH"] = venv + (spec_.requirements.empty() ? "" : own + "/bin:") + cuda_inside + "/bin:" + path;
        if (!spec_.requirements.empty())
            if (auto place = VenvPlace::make(own, *context_.contract.python))
                out["PYTHONPATH"] = own + "/" + place->site_packages();
        if (spec_.recipe.driver_stub) out["LIBRARY_PATH"] = stub_inside;
        if (!venv.empty()) {
            out["VIRTUAL_ENV"] = spec_.torch_venv;
            if (const std::string headers = torch_headers(); !headers.empty()) out["CPATH"] = headers;
        }
        for (const auto& [name, value] : compile_environment(spec_.recipe, spec_.arch)) out[name] = fill(value);
        return out;
    }

    // torch's headers include those of cuBLAS and others, which lie in the wheels that torch depends on.
    std::string torch_headers() const {
        std::vector<std::string> out;
        auto place = VenvPlace::make(spec_.torch_venv, *context_.contract.python);
        const std::string nvidia = place ? place->inside(place->site_packages() + "/nvidia") : "";
        std::error_code failed;
        for (const auto& entry : fs::directory_iterator(session_->root() / nvidia, failed))
            if (fs::is_directory(entry.path() / "include", failed))
                out.push_back("/" + nvidia + "/" + entry.path().filename().string() + "/include");
        std::sort(out.begin(), out.end());
        return join(out, ":");
    }

    // {arch}, {sm}, {output} and {jobs}; "{{" is a plain brace (docs/template-reference.md).
    std::string fill(const std::string& text) const {
        const std::map<std::string, std::string> values{{"{arch}", spec_.arch.to_torch_list()},
                                                        {"{sm}", spec_.arch.to_string()},
                                                        {"{output}", output_inside},
                                                        {"{jobs}", std::to_string(context_.jobs)}};
        std::string out;
        for (std::size_t i = 0; i < text.size();) {
            const bool doubled = text.compare(i, 2, "{{") == 0 || text.compare(i, 2, "}}") == 0;
            auto value = std::find_if(values.begin(), values.end(), [&](const auto& v) {
                return !doubled && text.compare(i, v.first.size(), v.first) == 0;
            });
            if (doubled || value == values.end()) {
                out += text[i];
                i += doubled ? 2 : 1;
            } else {
                out += value->second;
                i += value->first.size();
            }
        }
        return out;
    }

    Result<io::ProcessResult> run_inside(std::vector<std::string> argv, const std::string& what,
                                         std::optional<std::chrono::seconds> limit = std::nullopt) {
        SandboxCommand command{
            .argv = std::move(argv), .environment = environment(), .directory = source_inside(), .timeout = limit};
        command.on_line = [this](std::string_view line) {
            log_.append(line).append("\n");
            context_.progress.line(context_.step, line);
        };
        auto result = session_->run(command, context_.stop);
        if (!result) return result;
        peak_ = std::max(peak_, result->peak_memory);
        exit_code_ = result->exit_code;
        timed_out_ = result->timed_out;
        killed_ = result->killed_for_memory;
        if (exit_code_ == 0 && !timed_out_) return result;
        Error error = build_error(what + " failed (exit " + std::to_string(exit_code_) + ")");
        error.detail = result->tail_text();
        return error;
    }

    // The error of the compile's own command, in words where its cause is known.
    Error explained(Error error, const std::string& what) const {
        if (error.kind != ErrorKind::build) return error;
        if (timed_out_) {
            const auto minutes = std::chrono::duration<double, std::ratio<60>>(spec_.recipe.time_limit()).count();
            error.message = what + " took longer than its time limit of " + short_number(minutes) + " minutes";
            error.hint = "raise limit_minutes under [build] of the recipe, if it is not stuck";
            return error;
        }
        const auto why = explain_compile_failure(log_, exit_code_, killed_);
        if (!why) return error;
        error.message = what + " failed: " + why->reason;
        error.hint = why->advice;
        if (!why->out_of_memory) return error;
        error.message +=
            " (it held " + human_bytes(peak_) + "; builds may use " + human_bytes(machine_limits().memory) + " here)";
        if (context_.tell_out_of_memory)
            context_.tell_out_of_memory();
        else  // the second try
            error.hint =
                "it was alone, with one compiler at a time: it needs a machine, or a container, with more memory";
        return error;
    }

    // A toolchain that cannot work says so in seconds, not after minutes of the real compile.
    Result<void> canary() {
        context_.say("trying the toolchain");
        const std::string program = "#include <cuda_runtime.h>\n__global__ void canary(int* p) { *p = 1; }\n";
        if (auto written = sys::write_file_atomic(output() / "canary.cu", program); !written) return written;
        std::vector<std::string> argv = {"nvcc", "-c", std::string(output_inside) + "/canary.cu", "-o",
                                         std::string(output_inside) + "/canary.o"};
        for (const std::string& flag : spec_.arch.gencode_flags()) argv.push_back(flag);
        const std::string what = "compiling a one-line kernel for " + spec_.arch.to_string();
        auto done = run_inside(argv, what);
        if (!done) {
            Error error = done.error();
            if (killed_) return explained(error, what);
            if (error.kind == ErrorKind::build)
                error.hint = "the toolchain itself does not work for this arch: see `targets.cuda`, and what nvcc says";
            return error;
        }
        std::error_code failed;
        fs::remove(output() / "canary.cu", failed);
        fs::remove(output() / "canary.o", failed);
        if (!spec_.recipe.driver_stub) return {};
        const std::string stub = stub_inside;
        auto linked =
            run_inside(driver_stub_command(stub + "/cuda.s", stub + "/libcuda.so"), "making a stand-in for libcuda");
        if (!linked) return linked.error();
        return {};
    }

    Result<void> compile() {
        context_.say("compiling for " + spec_.arch.to_string());
        std::vector<std::string> argv;
        for (const std::string& word : spec_.recipe.command) argv.push_back(fill(word));
        const std::string what = "compiling the kernel '" + spec_.kernel + "' for " + spec_.arch.to_string();
        auto done = run_inside(argv, what, spec_.recipe.time_limit());
        if (!done) return explained(done.error(), what);
        for (const std::string& module : needed_modules()) {
            std::error_code failed;
            if (fs::is_regular_file(output() / module, failed)) continue;
            std::vector<std::string> made;
            for (const fs::path& file : files([](std::string_view) { return true; })) made.push_back(file);
            std::vector<std::string> declared;
            for (const KernelModule& each : spec_.recipe.modules) declared.push_back(each.file);
            return missing_module(spec_.kernel, spec_.arch.to_string(), module, std::move(made), declared);
        }
        return {};
    }

    std::vector<std::string> needed_modules() const {
        std::vector<std::string> out;
        for (const KernelModule& module : spec_.recipe.modules)
            for (const kernel::Capability& capability : module.capabilities) {
                const kernel::Arch* arch = spec_.recipe.arch_for(capability);
                if (arch == nullptr || *arch != spec_.arch) continue;
                out.push_back(module.file);
                break;
            }
        return out;
    }

    std::vector<fs::path> files(const std::function<bool(std::string_view name)>& wanted) const {
        std::vector<fs::path> out;
        std::error_code failed;
        for (const auto& entry : fs::recursive_directory_iterator(output(), failed))
            if (!entry.is_symlink(failed) && entry.is_regular_file(failed) && wanted(entry.path().filename().string()))
                out.push_back(entry.path().lexically_relative(output()));
        std::sort(out.begin(), out.end());
        return out;
    }

    // Bytecode of the variant's Python files is made here, since variants are read-only on the pod.
    Result<void> finish_files() {
        std::vector<std::string> strip = strip_command();
        const std::size_t none = strip.size();
        for (const fs::path& file : files([](std::string_view name) { return name.ends_with(".so"); }))
            strip.push_back(std::string(output_inside) + "/" + file.string());
        if (strip.size() > none)
            if (auto done = run_inside(strip, "stripping the modules"); !done) return done.error();
        if (!context_.contract.python || files([](std::string_view name) { return name.ends_with(".py"); }).empty())
            return {};
        auto done = run_inside({context_.contract.python->command, "-I", "-m", "compileall", "-q", "-f",
                                "--invalidation-mode", "unchecked-hash", "-s", output_inside, output_inside},
                               "compiling the variant's Python files");
        if (!done) return done.error();
        return {};
    }

    Result<kernel::VariantProof> prove() {
        context_.say("proving");
        kernel::VariantRequest request{
            .kernel = spec_.kernel, .arch = spec_.arch, .targets = spec_.serves, .torch = spec_.torch_version};
        if (auto version = kernel::Version::parse(spec_.toolchain.cuda)) request.toolkit = *version;
        for (const KernelModule& module : spec_.recipe.modules) {
            kernel::ModuleRule rule{module.file, {}, false};
            for (const kernel::Capability& capability : module.capabilities)
                if (const kernel::Arch* arch = spec_.recipe.arch_for(capability); arch && *arch == spec_.arch)
                    rule.capabilities.push_back(capability);
            if (!rule.capabilities.empty()) request.modules.push_back(std::move(rule));
        }
        std::vector<sys::MappedFile> mapped;
        std::vector<kernel::VariantFile> list;
        for (const fs::path& file : files(kernel::is_shared_object)) {
            auto bytes = sys::MappedFile::open(output() / file);
            if (!bytes) return bytes.error();
            list.push_back({file.string(), bytes->bytes()});
            mapped.push_back(std::move(*bytes));
        }
        kernel::VariantProof proof = kernel::prove_variant(request, list);
        // Code for an earlier arch would run on these GPUs as well, but it is not what the variant's name says.
        for (const kernel::ModuleProof& module : proof.modules) {
            if (!module.in_table || !module.present || module.rule.may_jit) continue;
            const kernel::Judgement own = kernel::judge(module.code, spec_.arch.capability());
            if (own.verdict != kernel::Verdict::exact)
                proof.errors.push_back(module.rule.file + " holds no machine code for " + spec_.arch.to_string() +
                                       ", which it was compiled for: " + own.reason);
        }
        if (proof.ok()) return proof;
        Error error =
            build_error("the variant " + spec_.arch.to_string() + " of '" + spec_.kernel +
                            "' does not keep its promise: " + proof.errors.front(),
                        "see the recipe's [[arch]] and [[module]] tables, and which flags its build gives nvcc");
        error.detail = join({proof.errors.begin() + 1, proof.errors.end()}, "\n");
        return error;
    }

    Result<StepOutput> pack(const kernel::VariantProof& proof) {
        EntrySet set(context_.contract.folders);
        EntrySet::TreeOptions options;
        options.mtime = spec_.source_time;
        options.origin = spec_.kernel;
        const std::string directory = variant_directory(spec_.kernel, context_.key);
        if (auto added = set.add_tree(output(), directory.substr(1), options); !added) return added.error();
        auto layer =
            set.write(context_.store, {context_.compression, "kernel " + spec_.kernel + " " + spec_.arch.to_string()});
        if (!layer) return layer.error();
        // What the front changed is part of the log: a source that names archs of its own shows here.
        if (auto changed = sys::read_file(log_folder() / front_log))
            log_ += "nvcc calls that were changed:\n" + *changed;
        const Digest log = Sha256::of(log_);
        if (auto kept = context_.store.put_blob(log, log_); !kept) return kept.error();
        auto digest = digest_of_files();
        if (!digest) return digest.error();
        json::object facts{{"proof", kernel::to_json(proof)}, {"log", log.to_string()}, {"files", digest->to_string()}};
        if (!spec_.torch_venv.empty()) {
            auto place = VenvPlace::make(spec_.torch_venv, *context_.contract.python);
            if (!place) return place.error();
            auto torch = torch_facts(session_->root() / place->inside(place->site_packages()), spec_.torch_venv);
            if (!torch) return torch.error();
            facts["torch"] = std::move(*torch);
        }
        return StepOutput{{*layer}, std::move(facts), peak_};
    }

    // What the pod compares before it switches the variant on.
    Result<Digest> digest_of_files() const {
        std::map<std::string, Digest> all;
        for (const fs::path& file : files([](std::string_view) { return true; })) {
            auto digest = sys::hash_file(output() / file);
            if (!digest) return digest.error();
            all[file.string()] = *digest;
        }
        return kernel::variant_digest(all);
    }

    const KernelSpec& spec_;
    StepContext& context_;
    std::optional<sys::TempDirectory> work_;
    std::unique_ptr<SandboxSession> session_;  // after work_: ends before the folders that it mounts
    std::string log_;
    std::uint64_t peak_ = 0;
    int exit_code_ = 0;  // of the last command
    bool timed_out_ = false, killed_ = false;
};

}  // namespace

Result<StepOutput> build_step(const KernelSpec& spec, StepContext& context) { return Compile(spec, context).run(); }

}  // namespace tmplbuild
