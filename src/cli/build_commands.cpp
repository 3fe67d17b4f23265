// SPDX-License-Identifier: Apache-2.0
// build, lock: what changes something.
#include <cstdio>

#include "base/text.hpp"
#include "build/build.hpp"
#include "cli/commands.hpp"
#include "cli/progress.hpp"

namespace tmplbuild::cli {

namespace fs = std::filesystem;

static json::object metadata(const BuildReport& report) {
    json::array steps;
    for (const BuiltStep& step : report.steps) {
        json::array layers;
        for (const BuiltLayer& layer : step.layers) layers.push_back(layer.to_json());
        steps.push_back(json::object{{"step", step.id},
                                     {"key", step.key.to_string()},
                                     {"hit", step.hit},
                                     {"seconds", step.seconds},
                                     {"layers", std::move(layers)}});
    }
    json::array outputs;
    for (const oci::ImageName& output : report.outputs) outputs.emplace_back(output.to_string());
    return {{"image", report.image.manifest_digest.to_string()},
            {"config", report.image.config_digest.to_string()},
            {"size", report.image.size()},
            {"outputs", std::move(outputs)},
            {"steps", std::move(steps)}};
}

int run_build(const Options& options, Progress& progress, std::stop_token stop) {
    BuildRequest request{options.template_file, {options.set, recipes_folder()}, {}, launcher_file()};
    for (const std::string& output : options.outputs) request.outputs.push_back(oci::ImageName::parse(output).value());
    const Store store = Store::open(Store::default_root()).value();
    io::SystemProcessRunner processes;
    const BuildReport report = build_image(request, store, processes, progress, std::move(stop));
    end_live_lines(progress);
    if (options.metadata_file) io::write_file_atomic(*options.metadata_file, json::pretty(metadata(report))).value();
    if (options.json) {
        std::printf("%s", json::pretty(metadata(report)).c_str());
        return 0;
    }
    std::printf("%s\n%s, %zu layers\n", report.image.manifest_digest.to_string().c_str(),
                human_bytes(report.image.size()).c_str(), report.image.layers.size());
    for (const oci::ImageName& output : report.outputs) std::printf("%s\n", output.to_string().c_str());
    return 0;
}

int run_lock(const Options& options, Progress& progress, std::stop_token stop) {
    const Template tmpl = parse_template_file(options.template_file, {options.set, recipes_folder()});
    refuse_unbuildable(tmpl);
    const Store store = Store::open(Store::default_root()).value();
    io::SystemProcessRunner processes;
    PrepareOptions prepare_options{.offline = options.check, .launcher = launcher_file()};
    for (const std::string& part : options.update) {
        if (part != "base") throw BuildError(usage_error("the lock has no part '" + part + "'", "its parts: base"));
    }
    prepare_options.update_base = options.lock_update;
    const Prepared prepared = prepare(tmpl, prepare_options, store, processes, progress, std::move(stop));
    end_live_lines(progress);
    const bool complete = prepared.lock.base.has_value() && !prepared.lock.base->diff_ids.empty();
    if (options.check) {
        std::printf("%s\n", complete ? "the lock holds everything that the template asks for"
                                     : "the lock lacks the base that the template asks for: run `tmplbuild lock`");
        return complete ? 0 : 1;
    }
    std::printf("%s\n", lock_path(tmpl.file).c_str());
    return 0;
}

}  // namespace tmplbuild::cli
