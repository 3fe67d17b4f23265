// SPDX-License-Identifier: Apache-2.0
#include "engine/package_repository.hpp"
#include "engine/steps/steps.hpp"
#include "pack/scrub.hpp"
#include "pack/tree_packer.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

static const char* const inside = "/run/tmplbuild-apt";

// apt reads only the repository in the mounted folder, and keeps its lists and caches there.
static std::vector<std::string> apt_get(std::vector<std::string> arguments) {
    std::vector<std::string> argv = {"apt-get", "-q", "-y"};
    const std::string at = inside;
    for (const std::string& option :
         {"Dir::Etc::SourceList=" + at + "/sources.list", std::string("Dir::Etc::SourceParts=-"),
          "Dir::State::Lists=" + at + "/lists", "Dir::Cache=" + at + "/cache", std::string("APT::Sandbox::User=root"),
          std::string("APT::Install-Recommends=false"), std::string("Dpkg::Use-Pty=0"),
          std::string("APT::Architectures=amd64")})
        argv.insert(argv.end(), {"-o", option});
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return argv;
}

Result<StepOutput> build_step(const AptSpec& spec, StepContext& context) {
    if (spec.locked.packages.empty()) return StepOutput{};  // the layers below have everything
    auto work = context.store.new_temp_directory("apt");
    if (!work) return work.error();
    const fs::path folder = work->path() / "apt";
    for (const char* below : {"repo", "lists/partial", "cache/archives/partial"})
        if (auto made = sys::make_directories(folder / below); !made) return made.error();
    auto time = make_package_repository(folder / "repo", spec.suite, spec.locked.packages, context);
    if (!time) return time.error();
    const std::string source = "deb [trusted=yes] file:" + std::string(inside) + "/repo ./\n";
    if (auto written = sys::write_file_atomic(folder / "sources.list", source); !written) return written.error();

    auto session = context.sandbox->open(context.below, {{folder, inside, false}});
    if (!session) return session.error();
    auto line = [&](std::string_view text) { context.progress.line(context.step, text); };
    context.say("installing " + std::to_string(spec.locked.packages.size()) + " packages");
    StepOutput output;
    std::vector<std::string> install = {"install"};
    for (const LockedPackage& package : spec.locked.packages) install.push_back(package.name + "=" + package.version);
    for (const auto& arguments : {std::vector<std::string>{"update"}, install}) {
        auto done = (*session)->run_checked({.argv = apt_get(arguments), .on_line = line}, context.stop,
                                            "installing the packages");
        if (!done) return done.error();
        output.peak_memory = std::max(output.peak_memory, done->peak_memory);
    }
    context.say("packing");
    TreePackOptions options{
        {context.compression, context.step}, *time, [](const std::string& path, bool) { return is_scrubbed(path); }};
    options.overlay_upper = true;
    options.is_below = [&](const std::string& path) { return (*session)->is_below(path); };
    auto layer = pack_tree(context.store, (*session)->upper(), options);
    if (!layer) return layer.error();
    output.layers = {*layer};
    return output;
}

}  // namespace tmplbuild
