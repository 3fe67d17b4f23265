// SPDX-License-Identifier: Apache-2.0
// Adds what a pod needs of a kernel besides its variants: nvcc-front, source or patches, the self-test.
#include "engine/kernel/kernel_source.hpp"
#include "engine/python/unpack.hpp"
#include "engine/steps/steps.hpp"
#include "pack/entry_set.hpp"
#include "plan/keys.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

class Files {
  public:
    Files(const KernelFilesSpec& spec, StepContext& context)
        : spec_(spec), context_(context), set_(context.contract.folders) {}

    Result<StepOutput> run() {
        if (spec_.may_compile)
            if (auto added = add("nvcc-front", context_.nvcc_front, 0755); !added) return added.error();
        if (spec_.selftest)
            if (auto added = add_own("selftest.py", spec_.recipe.selftest, *spec_.selftest); !added)
                return added.error();
        if (auto added = spec_.with_source ? add_source() : add_patches(); !added) return added.error();
        if (!spec_.fallback.empty())
            if (auto added = add_fallback(); !added) return added.error();
        auto layer = set_.write(context_.store, {context_.compression, context_.step});
        if (!layer) return layer.error();
        return StepOutput{{*layer}, {}, peak_};
    }

  private:
    std::string path(const std::string& name) const { return kernel_file(spec_.kernel, name).substr(1); }

    Result<void> add(const std::string& name, const fs::path& from, std::uint32_t mode) {
        auto text = sys::read_file(from);
        if (!text) return text.error();
        return set_.add({.path = path(name), .mode = mode}, std::move(*text), spec_.kernel);
    }

    // Adds a file of the recipe.
    Result<void> add_own(const std::string& name, const fs::path& from, const Digest& planned) {
        auto text = read_recipe_file(spec_.recipe, from);
        if (!text) return text.error();
        if (Sha256::of(*text) != planned)
            return build_error(
                "'" + from.filename().string() + "' of the kernel '" + spec_.kernel + "' changed while it was read",
                "build again");
        return set_.add({.path = path(name)}, std::move(*text), spec_.kernel);
    }

    Result<void> add_source() {
        auto work = context_.store.new_temp_directory("kernel-source");
        if (!work) return work.error();
        work_ = std::move(*work);
        const fs::path tree = work_->path() / "source";
        if (auto made = sys::make_directories(tree); !made) return made;
        context_.say("laying out the source");
        const PlannedSource planned{spec_.kernel, spec_.recipe, spec_.source, spec_.patches, spec_.sdist};
        if (auto laid = lay_kernel_source(planned, tree, context_); !laid) return laid;
        EntrySet::TreeOptions options;
        options.any_link = true;
        options.origin = spec_.kernel;
        if (spec_.source_time != 0) options.mtime = spec_.source_time;
        return set_.add_tree(tree, path("source"), options);
    }

    Result<void> add_patches() {
        for (std::size_t at = 0; spec_.may_compile && at < spec_.recipe.patches.size(); ++at) {
            const fs::path& patch = spec_.recipe.patches[at];
            if (auto added = add_own(patch_name(at, patch), patch, spec_.patches.at(at)); !added) return added;
        }
        return {};
    }

    // Only the packages of the wheels, without their metadata and scripts: the launcher decides what pip lists, and
    // `active` puts this folder on Python's path.
    Result<void> add_fallback() {
        const PythonFacts& python = *context_.contract.python;
        const std::string directory = fallback_directory(spec_.kernel, spec_.fallback);
        auto place = VenvPlace::make("/opt/venv", python);  // its path is part of no file that is used
        if (!place) return place.error();
        auto work = context_.store.new_temp_directory("fallback");
        if (!work) return work.error();
        fallback_ = std::move(*work);
        const std::string library = place->site_packages() + "/";
        for (const LockedDistribution& locked : spec_.fallback) {
            auto wheel = read_wheel(context_.store.blob_path(locked.sha256), locked, *place);
            if (!wheel) return wheel.error();
            const std::string metadata = library + wheel->dist_info + "/";
            auto wanted = [&](const WheelFile& file) {
                return file.path.starts_with(library) && !file.path.starts_with(metadata);
            };
            if (auto unpacked = unpack_wheel(*wheel, fallback_->path(), wanted); !unpacked) return unpacked;
        }
        const fs::path packages = fallback_->path() / place->site_packages();
        if (auto made = compile_sources(packages, directory); !made) return made;
        EntrySet::TreeOptions options;
        options.origin = "the fallback of " + spec_.kernel;
        return set_.add_tree(packages, directory.substr(1), options);
    }

    Result<void> compile_sources(const fs::path& packages, const std::string& directory) {
        static constexpr const char* inside = "/mnt/tmplbuild-fallback";
        auto session = context_.sandbox->open(context_.below, {{packages, inside, false}});
        if (!session) return session.error();
        SandboxCommand command{.argv = {context_.contract.python->command, "-I", "-m", "compileall", "-q", "-f",
                                        "--invalidation-mode", "unchecked-hash", "-s", inside, "-p", directory, inside},
                               .environment = {{"PYTHONHASHSEED", "0"}}};
        auto done = (*session)->run_checked(command, context_.stop, "compiling the fallback's Python files");
        if (!done) return done.error();
        peak_ = done->peak_memory;
        return {};
    }

    const KernelFilesSpec& spec_;
    StepContext& context_;
    EntrySet set_;
    std::optional<sys::TempDirectory> work_, fallback_;  // both until the layer is written
    std::uint64_t peak_ = 0;
};

}  // namespace

Result<StepOutput> build_step(const KernelFilesSpec& spec, StepContext& context) { return Files(spec, context).run(); }

}  // namespace tmplbuild
