// SPDX-License-Identifier: Apache-2.0
// Makes one variant: compiles it for one arch over the image's own layers, strips, proves and packs it.
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "base/text.hpp"
#include "compile/recipe.hpp"
#include "engine/kernel/compile_failure.hpp"
#include "engine/kernel/kept_compile.hpp"
#include "engine/kernel/kernel_requirements.hpp"
#include "engine/kernel/kernel_source.hpp"
#include "engine/kernel/toolchain_tree.hpp"
#include "engine/kernel/torch_facts.hpp"
#include "engine/machine_budget.hpp"
#include "engine/python/hidden_distributions.hpp"
#include "engine/python/venv_place.hpp"
#include "engine/steps/steps.hpp"
#include "kernel/driver_stub.hpp"
#include "kernel/variant_digest.hpp"
#include "kernel/variant_proof.hpp"
#include "pack/entry_set.hpp"
#include "plan/kernel_specs.hpp"
#include "plan/keys.hpp"
#include "sys/beneath.hpp"
#include "sys/file_digest.hpp"
#include "sys/mapped_file.hpp"
#include "template/layer_traits.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

const char* const front_log = "nvcc-front.jsonl";
constexpr std::uint64_t most_front_log = 16 << 20;  // bytes

// "30", "0.5".
std::string short_number(double value) {
    std::string out = std::to_string(value);
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
    return out;
}

class Compile {
  public:
    Compile(const KernelSpec& spec, StepContext& context) : spec_(spec), context_(context), kept_(context) {}

    Result<StepOutput> run() {
        if (auto made = prepare(); !made) return made.error();
        if (earlier_log_) {
            context_.say("proving what an earlier try compiled");
            log_ = std::move(*earlier_log_);
        } else {
            if (auto done = canary(); !done) return done.error();
            if (auto done = compile(); !done) return done.error();
        }
        auto proof = finish();
        if (!proof) return proof.error();
        return pack(*proof);
    }

  private:
    fs::path source() const { return work_->path() / "source"; }
    fs::path output() const { return work_->path() / "output"; }
    fs::path log_folder() const { return work_->path() / "log"; }
    fs::path temporary() const { return work_->path() / "tmp"; }
    compile::Places places() const { return compile::places_of(compile::source_directory(spec_.kernel)); }

    Result<void> prepare() {
        auto work = context_.store.new_temp_directory("kernel");
        if (!work) return work.error();
        work_ = std::move(*work);
        earlier_log_ = kept_.take(output());
        for (const fs::path& folder : {source(), output(), log_folder(), temporary()})
            if (auto made = sys::make_directories(folder); !made) return made;
        context_.say("laying out the source");
        const PlannedSource planned{spec_.kernel, spec_.recipe, spec_.source, spec_.patches, spec_.sdist};
        if (auto laid = lay_kernel_source(planned, source(), context_); !laid) return laid;
        auto toolkit = toolchain_tree(spec_.toolchain, context_);
        if (!toolkit) return toolkit.error();
        const compile::Places inside = places();
        std::vector<SandboxMount> mounts = {{*toolkit, inside.toolkit},
                                            {*toolkit, inside.cuda_home},
                                            {context_.nvcc_front, inside.cuda_home + "/bin/nvcc"},
                                            {log_folder(), inside.log, false},
                                            {temporary(), inside.temporary, false},
                                            {source(), inside.source, false},
                                            {output(), inside.output, false}};
        if (!spec_.requirements.empty()) {
            auto tree = kernel_requirements_tree(spec_.requirements, inside.requirements, context_);
            if (!tree) return tree.error();
            mounts.push_back({*tree, inside.requirements});
        }
        if (spec_.recipe.driver_stub) {
            if (auto made = write_driver_stub(*toolkit); !made) return made;
            mounts.push_back({work_->path() / "stub", inside.stub, false});
        }
        auto session = context_.sandbox->open(context_.below, mounts);
        if (!session) return session.error();
        session_ = std::move(*session);
        return describe();
    }

    // Describes the compile for src/compile, which the builder and the pod share.
    Result<void> describe() {
        recipe_.arch = spec_.arch;
        recipe_.directory = compile::source_directory(spec_.kernel);
        recipe_.command = spec_.recipe.command;
        recipe_.environment = compile_environment(spec_.recipe, spec_.arch);
        recipe_.driver_stub = spec_.recipe.driver_stub;
        recipe_.venv = spec_.torch_venv;
        recipe_.jobs = context_.jobs;
        if (!context_.contract.python) return {};
        recipe_.interpreter = context_.contract.python->command;
        const PythonFacts& python = *context_.contract.python;
        if (!spec_.requirements.empty())
            recipe_.requirement_packages = compile::site_packages(python.version, python.soabi);
        if (spec_.torch_venv.empty()) return {};
        auto place = VenvPlace::make(spec_.torch_venv, python);
        if (!place) return place.error();
        const std::string packages = place->inside(place->site_packages());
        if (auto hidden = hide_distributions(session_->root(), packages, spec_.venv_hidden); !hidden) return hidden;
        if (auto seen = see_torch(packages); !seen) return seen;
        // torch's headers include those of cuBLAS and other libraries, which are in the wheels that torch depends on.
        auto root = sys::Beneath::open(session_->root(), sys::Outside::is_root);
        if (!root) return root.error();
        std::vector<std::string> names;
        if (auto found = root->list(packages + "/nvidia"))
            for (std::string& name : *found)
                if (root->is_folder(packages + "/nvidia/" + name + "/include")) names.push_back(std::move(name));
        recipe_.headers = compile::nvidia_headers("/" + packages, std::move(names));
        return {};
    }

    // Reads the facts of the installed torch, against which the variant is compiled; the lock only says what was
    // requested.
    Result<void> see_torch(const std::string& packages) {
        auto torch = torch_facts(session_->root(), packages, spec_.torch_venv);
        if (!torch) return torch.error();
        torch_ = std::move(*torch);
        const std::string version = json::string_or(torch_, "version", "");
        if (version.substr(0, version.find('+')) == spec_.torch_version.substr(0, spec_.torch_version.find('+')))
            return {};
        return build_error("the compile of '" + spec_.kernel + "' would see torch " + version + ", and the lock has " +
                               spec_.torch_version,
                           "lock the venv anew: " + renewal_of(venv_step(spec_.torch_venv)));
    }

    Result<void> write_driver_stub(const fs::path& toolkit) const {
        auto header = sys::read_file(toolkit / "include/cuda.h", 16 << 20);
        if (!header) return header.error();
        const fs::path folder = work_->path() / "stub";
        if (auto made = sys::make_directories(folder); !made) return made;
        return sys::write_file_atomic(folder / "cuda.s", driver_stub_assembly(*header));
    }

    Result<io::ProcessResult> run_inside(std::vector<std::string> argv, const std::string& what,
                                         std::optional<std::chrono::seconds> limit = std::nullopt) {
        SandboxCommand command{.argv = std::move(argv),
                               .environment = compile::environment(recipe_),
                               .directory = recipe_.directory,
                               .timeout = limit};
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

    // The error of the compile's own command, in words if its cause is known.
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
        else  // this is the second try
            error.hint =
                "it was alone, with one compiler at a time: it needs a machine, or a container, with more memory";
        return error;
    }

    // A toolchain that cannot work fails here in seconds, not after minutes of the real compile.
    Result<void> canary() {
        context_.say("trying the toolchain");
        const std::string program = "#include <cuda_runtime.h>\n__global__ void canary(int* p) { *p = 1; }\n";
        if (auto written = sys::write_file_atomic(output() / "canary.cu", program); !written) return written;
        const std::string file = places().output + "/canary";
        const auto argv = compile::canary(recipe_, file + ".cu", file + ".o");
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
        const std::string stub = places().stub;
        auto linked =
            run_inside(driver_stub_command(stub + "/cuda.s", stub + "/libcuda.so"), "making a stand-in for libcuda");
        if (!linked) return linked.error();
        return {};
    }

    Result<void> compile() {
        context_.say("compiling for " + spec_.arch.to_string());
        const std::vector<std::string> argv = compile::command(recipe_);
        const std::string what = "compiling the kernel '" + spec_.kernel + "' for " + spec_.arch.to_string();
        auto done = run_inside(argv, what, spec_.recipe.time_limit());
        if (!done) return explained(done.error(), what);
        return {};
    }

    // Makes the proven variant from the compile's output.
    Result<kernel::VariantProof> finish() {
        const std::vector<std::string> made = file_names();
        for (const std::string& module : needed_modules()) {
            if (std::find(made.begin(), made.end(), module) != made.end()) continue;
            std::vector<std::string> declared;
            for (const KernelModule& each : spec_.recipe.modules) declared.push_back(each.file);
            return missing_module(spec_.kernel, spec_.arch.to_string(), module, made, declared);
        }
        if (auto problem = compile::metadata_problem(made, spec_.recipe.python_package, spec_.recipe.python_version))
            return build_error("the compile of '" + spec_.kernel + "' for " + spec_.arch.to_string() +
                                   " does not make the distribution that pip is to see: " + *problem,
                               "write that version as [python] version of the recipe, or let its build make no other");
        if (const auto argv = compile::strip(recipe_, made))
            if (auto done = run_inside(*argv, "stripping the modules"); !done) return done.error();
        if (const auto argv = compile::bytecode(recipe_, made))
            if (auto done = run_inside(*argv, "compiling the variant's Python files"); !done) return done.error();
        return prove();
    }

    std::vector<std::string> file_names() const {
        std::vector<std::string> out;
        for (const fs::path& file : files([](std::string_view) { return true; })) out.push_back(file.string());
        return out;
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

    Result<kernel::VariantProof> prove() {
        context_.say("proving");
        kernel::VariantRequest request{
            .kernel = spec_.kernel, .arch = spec_.arch, .targets = spec_.serves, .torch = spec_.torch_version};
        if (auto version = kernel::Version::parse(spec_.toolchain.cuda)) request.toolkit = *version;
        for (const KernelModule& module : spec_.recipe.modules) {
            kernel::ModuleRule rule{module.file, {}, false, !module.device_code, module.may_lack};
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
        if (proof.ok()) return proof;
        // Keeps a finished compile, since another table in the recipe needs no other one. Modules that cannot be read
        // are no result.
        const bool whole = std::all_of(list.begin(), list.end(),
                                       [](const auto& file) { return kernel::examine_module(file).problem.empty(); });
        if (whole) kept_.keep(output(), log_);
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
        // The log also holds what nvcc-front changed, which shows a source that names archs of its own.
        if (auto changed = changed_calls()) log_ += "nvcc calls that were changed:\n" + *changed;
        const Digest log = Sha256::of(log_);
        if (auto kept = context_.store.put_blob(log, log_); !kept) return kept.error();
        auto digest = digest_of_files();
        if (!digest) return digest.error();
        json::object facts{{"proof", kernel::to_json(proof)}, {"log", log.to_string()}, {"files", digest->to_string()}};
        if (!torch_.empty()) facts["torch"] = torch_;
        return StepOutput{{*layer}, std::move(facts), peak_};
    }

    // The compile could put anything there: a link, a pipe, or endless text.
    Result<std::string> changed_calls() const {
        const auto folder = sys::Beneath::open(log_folder(), sys::Outside::refused);
        if (!folder) return folder.error();
        return folder->read_file(front_log, most_front_log);
    }

    // The pod compares this digest before it switches the variant on.
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
    KeptCompile kept_;
    std::optional<std::string> earlier_log_;  // the log that kept_ returned
    compile::Recipe recipe_;
    json::object torch_;  // of torch_facts(); empty without torch
    std::optional<sys::TempDirectory> work_;
    std::unique_ptr<SandboxSession> session_;  // after work_: it ends before the folders that it mounts
    std::string log_;
    std::uint64_t peak_ = 0;
    int exit_code_ = 0;  // of the last command
    bool timed_out_ = false, killed_ = false;
};

}  // namespace

Result<StepOutput> build_step(const KernelSpec& spec, StepContext& context) { return Compile(spec, context).run(); }

}  // namespace tmplbuild
