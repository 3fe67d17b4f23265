// SPDX-License-Identifier: Apache-2.0
// The commands plan, explain and matrix: what a build would do, and why. None writes anything. The network is used for
// the caches that the command line names, and by plan for the size of a base in a registry, which that alone knows.

#include <algorithm>
#include <functional>
#include <mutex>
#include <set>

#include "base/text.hpp"
#include "cli/cache_options.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/plan_graph.hpp"
#include "cli/progress.hpp"
#include "cli/registry_access.hpp"
#include "engine/base/registry_base.hpp"
#include "engine/estimate.hpp"
#include "engine/layer_count.hpp"
#include "engine/matrix.hpp"
#include "engine/own_files.hpp"
#include "engine/prepare.hpp"
#include "engine/pull_limit.hpp"
#include "plan/narrow.hpp"
#include "template/parse.hpp"

namespace tmplbuild::cli {

namespace {

std::string reason(const Step& step, const Store& store) {
    if (!step.key) return step.unresolved;
    const auto nearest = store.nearest_record(step.id, *step.key);
    if (!nearest) return "never built here";
    const auto difference = step.key->first_difference(nearest->key);
    return difference ? difference->name + " changed" : "its result is gone from the store";
}

// A step whose result is thrown away is only made when a step that needs it is made.
void mark_unused(std::vector<PlanRow>& rows) {
    std::set<std::string> wanted;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        row->unused = !row->hit && !row->step->in_image && !wanted.contains(row->step->id);
        if (!row->hit && !row->unused) wanted.insert(row->step->needs.begin(), row->step->needs.end());
        if (!row->unused) continue;
        row->why = "nothing that would be built needs it";
        row->bytes = 0;
    }
}

void take_layers(PlanRow& row, const Record& record) {
    row.hit = true;
    row.bytes = 0;
    for (const BuiltLayer& layer : record.layers) row.bytes += layer.size;
    row.layers = record.layers;
}

// Of the steps that the store lacks, `cache` may have some.
void ask_cache(std::vector<PlanRow>& rows, cache::RemoteCache& cache, const std::stop_token& stop) {
    std::vector<Digest> keys;
    for (const PlanRow& row : rows)
        if (!row.hit && row.step->key) keys.push_back(row.step->key->digest());
    cache.find_all(keys, stop).value();
    for (PlanRow& row : rows) {
        if (row.hit || !row.step->key) continue;
        const cache::FoundRecord found = cache.find(row.step->key->digest(), stop).value();
        if (!found) continue;
        take_layers(row, found->record());
        row.cache = found->cache_name();
    }
}

// How large a base is that neither the store nor a cache has. Without an answer the plan stands, and says so.
void ask_registry(std::vector<PlanRow>& rows, const ResolveContext& context) {
    for (PlanRow& row : rows) {
        const auto* spec = std::get_if<BaseSpec>(&row.step->spec);
        const auto* image = spec == nullptr ? nullptr : std::get_if<ImageBase>(&spec->base);
        if (row.hit || image == nullptr || !row.step->key) continue;
        context.progress.doing(row.step->id, "asking the registry how large it is");
        auto layers = layers_of_registry_base(*image, spec->locked.image, context);
        context.progress.ended(row.step->id);
        if (!layers) {
            row.unknown = layers.error().message;
            continue;
        }
        row.layers = std::move(*layers);
        for (const BuiltLayer& layer : row.layers) row.bytes += layer.size;
    }
}

std::vector<PlanRow> rows_of(const Plan& plan, const Store& store, cache::RemoteCache* cache, const std::string& signer,
                             const std::stop_token& stop) {
    std::vector<PlanRow> rows;
    for (const Step& step : plan.steps) {
        PlanRow row{&step, false, false, {}, step.estimated_bytes};
        const auto record = step.key ? store.find_record(step.key->digest()) : std::nullopt;
        if (record && is_trusted(*record, signer)) take_layers(row, *record);
        rows.push_back(std::move(row));
    }
    if (cache != nullptr) ask_cache(rows, *cache, stop);
    for (PlanRow& row : rows)
        if (!row.hit) row.why = reason(*row.step, store);
    mark_unused(rows);
    return rows;
}

Plan plan_of(const Options& options, const Store& store, Progress& progress, std::stop_token stop) {
    Template tmpl = parse_template_file(options.template_file, {options.set, recipes_folder()});
    leave_out_own_files(tmpl, store, {}, secret_files(options));
    io::SystemProcessRunner processes;
    io::HttpClient http;
    const Prepared prepared = prepare(tmpl, {.offline = true, .programs = image_programs()},
                                      {store, processes, http, progress, std::move(stop)});
    return make_plan(tmpl, prepared.lock, prepared.facts);
}

void print_gpus(const Plan& plan, const Store& store, const std::vector<PlanRow>& rows) {
    if (plan.gpus.empty()) return;
    print_line();
    print_row({{"KERNEL", 18}, {"GPU", 16}, {"VARIANT", 9}, {"STATE", 8}, {"MODULES"}});
    for (const PlannedGpu& gpu : plan.gpus) {
        const Step& step = *plan.find(gpu.step);
        const bool hit = std::any_of(rows.begin(), rows.end(),
                                     [&](const PlanRow& row) { return row.step->id == step.id && row.hit; });
        const StepEstimate estimate = estimate_step(step, store);
        std::string state = hit ? "cached" : "compile";
        std::string note;
        if (!hit)
            note = "  about " + human_seconds(estimate.seconds) + ", " + human_bytes(estimate.memory) +
                   (estimate.measured ? " (measured)" : " (estimate)");
        print_row({{gpu.kernel, 18},
                   {gpu.target.label, 16},
                   {gpu.arch.to_string(), 9},
                   {state, 8},
                   {join(gpu.modules, ", ") + note}});
    }
}

json::array gpus_json(const Plan& plan, const Store& store) {
    json::array out;
    for (const PlannedGpu& gpu : plan.gpus) {
        const StepEstimate estimate = estimate_step(*plan.find(gpu.step), store);
        json::array modules(gpu.modules.begin(), gpu.modules.end());
        out.push_back(json::object{{"kernel", gpu.kernel},
                                   {"gpu", gpu.target.label},
                                   {"variant", gpu.arch.to_string()},
                                   {"step", gpu.step},
                                   {"modules", std::move(modules)},
                                   {"seconds", estimate.seconds},
                                   {"memory", estimate.memory},
                                   {"measured", estimate.measured}});
    }
    return out;
}

// The layers that are known already, of a build or of a base in a registry.
struct KnownLayers {
    std::vector<BuiltLayer> layers;
    std::set<Digest> on_hosts;
};
KnownLayers known_layers(const Plan& plan, const std::vector<PlanRow>& rows) {
    KnownLayers out;
    for (const PlanRow& row : rows) {
        if (!row.step->in_image) continue;
        if (row.step->id == "base") out.on_hosts = layers_on_hosts(plan.image, row.layers);
        out.layers.insert(out.layers.end(), row.layers.begin(), row.layers.end());
    }
    return out;
}

bool is_lower_bound(const std::vector<PlanRow>& rows) {
    return std::any_of(rows.begin(), rows.end(), [](const PlanRow& row) { return !row.unknown.empty(); });
}

// Of known layers their size, of the rest an estimate.
oci::PullForecast pull_of(const Plan& plan, const std::vector<PlanRow>& rows) {
    const KnownLayers known = known_layers(plan, rows);
    oci::PullForecast pull = oci::forecast_pull(known.layers, known.on_hosts);
    for (const PlanRow& row : rows) {
        if (!row.layers.empty() || row.hit || !row.step->in_image) continue;
        if (plan.image.is_base_on_hosts && row.step->id == "base") {
            pull.on_hosts += row.bytes;
            continue;
        }
        pull.size += row.bytes;
        pull.layers += row.step->least_layers;
    }
    return pull;
}

// As a build counts it: of the steps that neither the store nor a cache has.
std::vector<Step> missing_steps(const std::vector<PlanRow>& rows) {
    std::vector<Step> out;
    for (const PlanRow& row : rows)
        if (!row.hit) out.push_back(*row.step);
    return out;
}

void print_plan_json(const Plan& plan, const Store& store, const std::vector<PlanRow>& rows) {
    json::array steps;
    for (const PlanRow& row : rows) {
        json::object o{{"step", row.step->id},
                       {"kind", row.step->kind().name},
                       {"summary", row.step->summary},
                       {"state", row.state()},
                       {"bytes", row.bytes},
                       {"needs", json::array(row.step->needs.begin(), row.step->needs.end())},
                       {"in_image", row.step->in_image}};
        if (row.step->key) o["key"] = row.step->key->digest().to_string();
        if (!row.why.empty()) o["why"] = row.why;
        if (!row.cache.empty()) o["cache"] = row.cache;
        if (!row.unknown.empty()) o["bytes_unknown"] = row.unknown;
        steps.push_back(std::move(o));
    }
    json::object pull = pull_of(plan, rows).to_json();
    if (is_lower_bound(rows)) pull["at_least"] = true;
    print_json(json::object{{"steps", std::move(steps)},
                            {"gpus", gpus_json(plan, store)},
                            {"peak_disk", peak_disk(missing_steps(rows), store)},
                            {"cold_pull", std::move(pull)}});
}

// A step that is not locked has no size and no number of packages yet.
void print_steps(const Plan& plan, const Store& store, const std::vector<PlanRow>& rows) {
    std::uint64_t bytes = 0;
    std::size_t in_image = 0, unknown = 0;
    for (const PlanRow& row : rows) {
        const bool known = row.step->key.has_value();
        if (!known && row.step->in_image) ++unknown;
        if (row.step->in_image) ++in_image;
        if (row.step->in_image) bytes += row.bytes;
        const std::string& summary = row.step->summary;
        std::string words = known || !summary.starts_with("0 ") ? summary : "";
        if (!row.why.empty()) words += words.empty() ? row.why : " (" + row.why + ")";
        const bool sized = known && row.unknown.empty();
        print_row(
            {{row.step->id, 28}, {row.shown_state(), 12}, {sized ? human_bytes(row.bytes) : "?", -9}, {" " + words}});
    }
    if (unknown != 0) {
        print_line(std::to_string(in_image) + " steps in the image; `tmplbuild lock` or `build` finds out what " +
                   std::to_string(unknown) + " of them need, and how large they are");
        return;
    }
    print_line(std::to_string(in_image) + " steps in the image of " + (is_lower_bound(rows) ? "at least " : "about ") +
               human_bytes(bytes) + ", " + human_bytes(peak_disk(missing_steps(rows), store)) +
               " of disk at most while it is made");
    print_line(std::string("cold pull: ") + (is_lower_bound(rows) ? "at least " : "") +
               pull_of(plan, rows).to_string());
    for (const PlanRow& row : rows)
        if (!row.unknown.empty()) print_line("how large " + row.step->id + " is, is not known: " + row.unknown);
}

void refuse_what_is_too_large(const Plan& plan, const Store& store, const std::vector<PlanRow>& rows) {
    refuse_what_cannot_fit(missing_steps(rows), store);
    const KnownLayers known = known_layers(plan, rows);
    refuse_large_pull(plan.image, known.layers, known.on_hosts);
}

}  // namespace

int run_plan(const Options& options, Progress& progress, std::stop_token stop) {
    const Store store = Store::open(Store::default_root()).value();
    const Plan plan = plan_of(options, store, progress, stop);
    refuse_too_many_layers(plan, store);
    const auto warn = warnings_of(progress);
    const auto registries = registry_client(options, warn);
    const auto cache = remote_cache(options, registries, nullptr, warn);
    const auto key = cache_key(options);
    std::vector<PlanRow> rows = rows_of(plan, store, cache.get(), key ? key->id().to_string() : "", stop);
    io::SystemProcessRunner processes;
    io::HttpClient http;
    ask_registry(rows, {store, processes, http, progress, stop, nullptr, registries});
    if (options.dot) {
        print_text(plan_graph(plan, rows));
        refuse_what_is_too_large(plan, store, rows);
        return 0;
    }
    if (options.json) {
        print_plan_json(plan, store, rows);
        refuse_what_is_too_large(plan, store, rows);
        return 0;
    }
    print_steps(plan, store, rows);
    print_gpus(plan, store, rows);
    refuse_what_is_too_large(plan, store, rows);
    return 0;
}

// Whether other machines can take a step: from the caches, or from this store where the command line names none.
static std::function<bool(const Step&)> what_jobs_have(const Plan& plan, const Store& store, const Options& options,
                                                       Progress& progress, const std::stop_token& stop) {
    const auto tell = [&](const std::string& text) { progress.message(text); };
    std::mutex mutex;
    std::string unanswered;
    const auto note = [&](const std::string& text) {
        const std::scoped_lock lock(mutex);
        unanswered = text;
    };
    const std::shared_ptr<cache::RemoteCache> cache =
        remote_cache(options, registry_client(options, tell), nullptr, tell, note);
    if (!cache) return [&store](const Step& step) { return store.find_record(step.key->digest()).has_value(); };
    std::vector<Digest> keys;
    for (const Step& step : plan.steps)
        if (step.key) keys.push_back(step.key->digest());
    cache->find_all(keys, stop).value();
    // Without an answer, every variant would be compiled once more.
    if (!unanswered.empty())
        throw BuildError(network_error(unanswered, "run it again when the cache answers, or without --cache-from"));
    return [cache, stop](const Step& step) { return cache->find(step.key->digest(), stop).value() != nullptr; };
}

int run_matrix(const Options& options, Progress& progress, std::stop_token stop) {
    const Store store = Store::open(Store::default_root()).value();
    const Plan plan = plan_of(options, store, progress, stop);
    const auto jobs = matrix_of(plan, store, what_jobs_have(plan, store, options, progress, stop));
    // In one line, as the files take it in which CI systems hand values from job to job.
    print_line(boost::json::serialize(matrix_json(jobs)));
    return 0;
}

int run_explain(const Options& options, Progress& progress, std::stop_token stop) {
    const Store store = Store::open(Store::default_root()).value();
    const Plan plan = plan_of(options, store, progress, std::move(stop));
    const Step* step = &step_named(plan, options.step);
    if (!step->key) {
        print_line(step->id + " has no key yet: " + step->unresolved);
        print_line("  `tmplbuild lock " + options.template_file + "` finds it out");
        return 0;
    }
    print_line(step->id + " has the key " + step->key->digest().to_string());
    if (store.find_record(step->key->digest())) {
        print_line("it is in the store: nothing would be built");
        return 0;
    }
    const auto nearest = store.nearest_record(step->id, *step->key);
    const auto difference = nearest ? step->key->first_difference(nearest->key) : std::nullopt;
    if (!difference) {
        print_line("it would be built: " + reason(*step, store));
        return 0;
    }
    print_line("it would be built: '" + difference->name + "' differs from the nearest earlier build");
    print_line("  before: " + difference->before);
    print_line("  now:    " + difference->after);
    return 0;
}

}  // namespace tmplbuild::cli
