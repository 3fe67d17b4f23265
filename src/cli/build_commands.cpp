// SPDX-License-Identifier: Apache-2.0
// The commands build, lock and run, which change something.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "base/text.hpp"
#include "cli/cache_options.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/registry_access.hpp"
#include "cli/simulated_gpu.hpp"
#include "engine/build.hpp"
#include "engine/own_files.hpp"
#include "plan/requests.hpp"
#include "store/store_use.hpp"

namespace tmplbuild::cli {

namespace fs = std::filesystem;

static json::array kernel_rows(const BuildReport& report) {
    json::array rows;
    for (const ProvenRow& row : report.kernels)
        rows.push_back(json::object{{"kernel", row.kernel},
                                    {"gpu", row.gpu},
                                    {"capability", row.capability},
                                    {"variant", row.arch},
                                    {"verdict", kernel::to_string(row.judgement.verdict)},
                                    {"reason", row.judgement.reason},
                                    {"proof", row.cache.empty() ? "made here" : "from " + row.cache}});
    return rows;
}

static json::array step_rows(const std::vector<BuiltStep>& steps) {
    json::array rows;
    for (const BuiltStep& step : steps) {
        json::array layers;
        for (const BuiltLayer& layer : step.output.layers) layers.push_back(layer.to_json());
        json::object row{{"step", step.id},
                         {"key", step.key.to_string()},
                         {"hit", step.hit},
                         {"source", !step.hit            ? "built"
                                    : step.cache.empty() ? "local"
                                                         : "remote"},
                         {"seconds", step.seconds},
                         {"peak_memory", step.output.peak_memory},
                         {"layers", std::move(layers)}};
        if (!step.cache.empty()) row["cache"] = step.cache;
        rows.push_back(std::move(row));
    }
    return rows;
}

static json::object metadata(const BuildReport& report) {
    json::array outputs;
    for (const oci::ImageName& output : report.outputs) outputs.emplace_back(output.to_string());
    return {{"image", report.image.manifest_digest.to_string()},
            {"config", report.image.config_digest.to_string()},
            {"size", report.image.size()},
            {"outputs", std::move(outputs)},
            {"proof", report.proof_cache.empty() ? "made here" : "from " + report.proof_cache},
            {"kernels", kernel_rows(report)},
            {"steps", step_rows(report.steps)}};
}

// Reads NAME=FILE arguments; the secret is the content of FILE.
static std::map<std::string, std::string> read_secrets(const std::vector<std::string>& given) {
    std::map<std::string, std::string> out;
    for (const std::string& text : given) {
        const std::size_t equals = text.find('=');
        if (equals == 0 || equals == std::string::npos)
            throw BuildError(usage_error("--secret needs NAME=FILE, found '" + text + "'"));
        auto content = sys::read_file(text.substr(equals + 1), 1 << 20);
        if (!content) {
            Error error = content.error();
            error.kind = ErrorKind::usage;
            throw BuildError(error.while_doing("reading the secret '" + text.substr(0, equals) + "'"));
        }
        out[text.substr(0, equals)] = *content;
    }
    return out;
}

static void print_kernels(const BuildReport& report) {
    if (report.kernels.empty()) return;
    print_row({{"KERNEL", 18}, {"GPU", 16}, {"VARIANT", 9}, {"VERDICT", 11}, {"REASON"}});
    for (const ProvenRow& row : report.kernels)
        print_row({{row.kernel, 18},
                   {row.gpu, 16},
                   {row.arch, 9},
                   {kernel::to_string(row.judgement.verdict), 11},
                   {row.judgement.reason + (row.cache.empty() ? "" : " (compiled and proven by " + row.cache + ")")}});
}

// Writes what `--metadata-file` and `--json` ask for; false: the result is to be printed for people.
static bool write_metadata(const Options& options, const json::object& document) {
    if (options.metadata_file) sys::write_named_file(*options.metadata_file, json::pretty(document)).value();
    if (options.json) print_json(document);
    return options.json;
}

static void build_only(const Options& options, const BuildRequest& request, const ResolveContext& context) {
    if (!options.outputs.empty())
        throw BuildError(
            usage_error("--only makes steps and no image, so there is nothing for --output",
                        "build the image without --only, on one machine, when its steps are in the cache"));
    const std::vector<BuiltStep> steps =
        without_lost_steps(context.cache, [&] { return build_steps(request, options.only, context); });
    end_live_lines(context.progress);
    if (write_metadata(options, {{"steps", step_rows(steps)}})) return;
    for (const BuiltStep& step : steps) print_line(step.id + " " + step.key.to_string());
}

// Held as long as the command uses the store, so that no clean-up removes what it has found.
static StoreUse use_of(const Store& store, Progress& progress, const std::stop_token& stop) {
    return StoreUse::begin(store, StoreUse::Kind::build, stop,
                           [&] { progress.message("the store is being cleaned up: waiting for the end of that"); })
        .value();
}

static void print_build(const Options& options, const BuildReport& report, Progress& progress) {
    end_live_lines(progress);
    if (write_metadata(options, metadata(report))) return;
    print_kernels(report);
    print_line(report.image.manifest_digest.to_string());
    print_line(human_bytes(report.image.size()) + ", " + std::to_string(report.image.layers.size()) + " layers");
    for (const oci::ImageName& output : report.outputs) print_line(output.to_string());
}

int run_build(const Options& options, Progress& progress, std::stop_token stop) {
    BuildRequest request{options.template_file,
                         {options.set, recipes_folder()},
                         {},
                         image_programs(),
                         sandbox_init_file(),
                         nvcc_front_file(),
                         read_secrets(options.secrets),
                         secret_files(options)};
    for (const std::string& output : options.outputs) request.outputs.push_back(oci::ImageName::parse(output).value());
    if (options.metadata_file) request.also_written.emplace_back(*options.metadata_file);
    const Store store = Store::open(Store::default_root()).value();
    const StoreUse use = use_of(store, progress, stop);
    io::SystemProcessRunner processes;
    io::HttpClient http;
    request.registry = registry_client(options, warnings_of(progress));
    const auto cache = shared_cache(options, request.registry, store, progress);
    const ResolveContext context{store,   processes,        http,       progress, std::move(stop),
                                 nullptr, request.registry, cache.get()};
    try {
        if (options.only.empty()) {
            const BuildReport report = without_lost_steps(context.cache, [&] { return build_image(request, context); });
            print_build(options, report, progress);
        } else {
            build_only(options, request, context);
        }
    } catch (const BuildError&) {
        // What took long before something else failed is not made again.
        if (cache) cache->finish(context.stop);
        throw;
    }
    return 0;
}

// A command given as arguments reads what this program can read: the terminal if it has one to itself, else standard
// input, else nothing.
static void pass_input(LocalRun& run) {
    if (run.arguments.empty()) return;
    const bool is_terminal = ::isatty(STDIN_FILENO) == 1;
    run.pass_terminal = is_terminal && ::isatty(STDOUT_FILENO) == 1 && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
    run.pass_stdin = !is_terminal && ::fcntl(STDIN_FILENO, F_GETFD) != -1;
}

int run_run(const Options& options, Progress& progress, std::stop_token stop) {
    const BuildRequest request{options.template_file,
                               {options.set, recipes_folder()},
                               {},
                               image_programs(),
                               sandbox_init_file(),
                               nvcc_front_file(),
                               read_secrets(options.secrets),
                               secret_files(options)};
    LocalRun run;
    run.arguments = options.arguments;
    run.volume = options.volume.empty() ? default_volume() : fs::path(options.volume);
    for (const std::string& text : options.environment) {
        const std::size_t equals = text.find('=');
        if (equals == 0 || equals == std::string::npos)
            throw BuildError(usage_error("--env needs NAME=VALUE, found '" + text + "'"));
        run.environment[text.substr(0, equals)] = text.substr(equals + 1);
    }
    for (const std::string& text : options.ports) run.ports.push_back(PublishedPort::parse(text).value());
    if (options.network != "pod" && options.network != "host")
        throw BuildError(usage_error("--network is 'pod' or 'host', found '" + options.network + "'"));
    run.host_network = options.network == "host";
    run.on_line = [](std::string_view line) {
        std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
        std::fflush(stdout);
    };
    if (!options.gpus.empty()) simulate_gpus(options.gpus, run);
    pass_input(run);
    run.on_link = [](std::string_view line) {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
    };
    run.on_start = [&] { end_live_lines(progress); };
    const Store store = Store::open(Store::default_root()).value();
    const StoreUse use = use_of(store, progress, stop);
    io::SystemProcessRunner processes;
    io::HttpClient http;
    const auto registries = registry_client(options, warnings_of(progress));
    const auto cache = shared_cache(options, registries, store, progress);
    return run_image(request, run,
                     {store, processes, http, progress, std::move(stop), nullptr, registries, cache.get()});
}

int run_lock(const Options& options, Progress& progress, std::stop_token stop) {
    Template tmpl = parse_template_file(options.template_file, {options.set, recipes_folder()});
    const Store store = Store::open(Store::default_root()).value();
    const StoreUse use = use_of(store, progress, stop);
    leave_out_own_files(tmpl, store, {});
    io::SystemProcessRunner processes;
    io::HttpClient http;
    const auto registries = registry_client(options, warnings_of(progress));
    PrepareOptions prepare_options{
        .offline = options.check, .programs = image_programs(), .sandbox_init = sandbox_init_file()};
    const std::set<std::string> parts = lock_parts(tmpl);
    if (!options.update.empty() && !parts.contains(options.update)) {
        const std::vector<std::string> names(parts.begin(), parts.end());
        throw BuildError(
            usage_error("the lock has no part '" + options.update + "'", "its parts: " + join(names, ", ")));
    }
    prepare_options.update_all = options.lock_update && options.update.empty();
    if (!options.update.empty()) prepare_options.update = {options.update};
    const Prepared prepared =
        prepare(tmpl, prepare_options, {store, processes, http, progress, std::move(stop), nullptr, registries});
    end_live_lines(progress);
    if (options.check) {
        if (prepared.missing.empty()) {
            print_line("the lock holds everything that the template asks for");
            return 0;
        }
        print_line("the lock lacks " + join(prepared.missing, ", ") + ": run `tmplbuild lock`");
        return 1;
    }
    print_line(lock_path(tmpl.file).string());
    return 0;
}

}  // namespace tmplbuild::cli
