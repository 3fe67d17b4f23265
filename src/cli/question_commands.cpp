// SPDX-License-Identifier: Apache-2.0
// plan, explain, inspect, gpus: what only answers. None of them uses the network or writes anything.
#include <cstdio>

#include "base/text.hpp"
#include "build/estimate.hpp"
#include "build/kernel_table.hpp"
#include "build/prepare.hpp"
#include "cli/commands.hpp"
#include "kernel/gpu.hpp"
#include "oci/image_name.hpp"
#include "oci/layout.hpp"
#include "template/parse.hpp"

namespace tmplbuild::cli {

namespace {

struct PlanRow {
    const Step* step;
    bool hit = false;
    std::string why;
    std::uint64_t bytes = 0;
};

std::string reason(const Step& step, const Store& store) {
    if (!step.key) return step.unresolved;
    const auto nearest = store.nearest_record(step.id, *step.key);
    if (!nearest) return "never built here";
    const auto difference = step.key->first_difference(nearest->key);
    return difference ? difference->name + " changed" : "its result is gone from the store";
}

std::vector<PlanRow> rows_of(const Plan& plan, const Store& store) {
    std::vector<PlanRow> rows;
    for (const Step& step : plan.steps) {
        PlanRow row{&step, false, {}, step.estimated_bytes};
        const auto record = step.key ? store.find_record(step.key->digest()) : std::nullopt;
        if (record) {
            row.hit = true;
            row.bytes = 0;
            for (const BuiltLayer& layer : record->layers) row.bytes += layer.size;
        } else {
            row.why = reason(step, store);
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

Plan plan_of(const Options& options, const Store& store, Progress& progress, std::stop_token stop) {
    const Template tmpl = parse_template_file(options.template_file, {options.set, recipes_folder()});
    refuse_unbuildable(tmpl);
    io::SystemProcessRunner processes;
    const Prepared prepared =
        prepare(tmpl, {.offline = true, .launcher = launcher_file()}, store, processes, progress, std::move(stop));
    return make_plan(tmpl, prepared.lock, prepared.facts);
}

const char* state(const PlanRow& row) { return row.hit ? "hit" : row.step->key ? "miss" : "unresolved"; }

void print_gpus(const Plan& plan, const Store& store) {
    if (plan.gpus.empty()) return;
    std::printf("\n%-18s %-16s %-9s %-8s %s\n", "KERNEL", "GPU", "VARIANT", "STATE", "MODULES");
    for (const PlannedGpu& gpu : plan.gpus) {
        const Step& step = *plan.find(gpu.step);
        const bool hit = step.key && store.find_record(step.key->digest());
        const CompileEstimate estimate = estimate_compile(step, store);
        std::string state = hit ? "cached" : "compile";
        std::string note;
        if (!hit)
            note = "  about " + human_seconds(estimate.seconds) + ", " + human_bytes(estimate.memory) +
                   (estimate.measured ? " (measured)" : " (estimate)");
        std::printf("%-18s %-16s %-9s %-8s %s%s\n", gpu.kernel.c_str(), gpu.target.label.c_str(),
                    gpu.arch.to_string().c_str(), state.c_str(), join(gpu.modules, ", ").c_str(), note.c_str());
    }
}

json::array gpus_json(const Plan& plan, const Store& store) {
    json::array out;
    for (const PlannedGpu& gpu : plan.gpus) {
        const CompileEstimate estimate = estimate_compile(*plan.find(gpu.step), store);
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

void print_plan_json(const Plan& plan, const Store& store, const std::vector<PlanRow>& rows) {
    json::array steps;
    for (const PlanRow& row : rows) {
        json::object o{{"step", row.step->id},
                       {"kind", row.step->kind()},
                       {"summary", row.step->summary},
                       {"state", state(row)},
                       {"bytes", row.bytes},
                       {"needs", json::array(row.step->needs.begin(), row.step->needs.end())},
                       {"in_image", row.step->in_image}};
        if (row.step->key) o["key"] = row.step->key->digest().to_string();
        if (!row.why.empty()) o["why"] = row.why;
        steps.push_back(std::move(o));
    }
    std::printf("%s", json::pretty(json::object{{"steps", std::move(steps)},
                                                {"gpus", gpus_json(plan, store)},
                                                {"peak_disk", peak_disk(plan, store)}})
                          .c_str());
}

}  // namespace

int run_plan(const Options& options, Progress& progress, std::stop_token stop) {
    const Store store = Store::open(Store::default_root()).value();
    const Plan plan = plan_of(options, store, progress, std::move(stop));
    const std::vector<PlanRow> rows = rows_of(plan, store);
    if (options.json) {
        print_plan_json(plan, store, rows);
        refuse_what_cannot_fit(plan, store);
        return 0;
    }
    std::uint64_t bytes = 0;
    std::size_t in_image = 0;
    for (const PlanRow& row : rows) {
        if (row.step->in_image) ++in_image;
        if (row.step->in_image) bytes += row.bytes;
        std::printf("%-28s %-10s %9s  %s%s\n", row.step->id.c_str(), state(row), human_bytes(row.bytes).c_str(),
                    row.step->summary.c_str(), row.why.empty() ? "" : (" (" + row.why + ")").c_str());
    }
    std::printf("%zu steps, an image of about %s, %s of disk at most while it is made\n", in_image,
                human_bytes(bytes).c_str(), human_bytes(peak_disk(plan, store)).c_str());
    print_gpus(plan, store);
    refuse_what_cannot_fit(plan, store);
    return 0;
}

int run_explain(const Options& options, Progress& progress, std::stop_token stop) {
    const Store store = Store::open(Store::default_root()).value();
    const Plan plan = plan_of(options, store, progress, std::move(stop));
    const Step* step = plan.find(options.step);
    if (step == nullptr) {
        std::vector<std::string> ids;
        for (const Step& other : plan.steps) ids.push_back(other.id);
        throw BuildError(usage_error("the plan has no step '" + options.step + "'", "its steps: " + join(ids, ", ")));
    }
    if (!step->key) {
        std::printf("%s has no key yet: %s\n", step->id.c_str(), step->unresolved.c_str());
        return 0;
    }
    std::printf("%s has the key %s\n", step->id.c_str(), step->key->digest().to_string().c_str());
    if (store.find_record(step->key->digest())) {
        std::printf("it is in the store: nothing would be built\n");
        return 0;
    }
    const auto nearest = store.nearest_record(step->id, *step->key);
    const auto difference = nearest ? step->key->first_difference(nearest->key) : std::nullopt;
    if (!difference) {
        std::printf("it would be built: %s\n", reason(*step, store).c_str());
        return 0;
    }
    std::printf("it would be built: '%s' differs from the nearest earlier build\n  before: %s\n  now:    %s\n",
                difference->name.c_str(), difference->before.c_str(), difference->after.c_str());
    return 0;
}

// Yes only if every kernel of the image runs there: an image with a kernel that does not is not what was asked for.
static int can_run(const oci::LayoutImage& image, const Options& options) {
    const kernel::GpuTarget target = kernel::parse_target(options.can_run).value();
    const std::vector<KernelAnswer> answers = can_run_kernels(image.annotation(kernels_annotation), target).value();
    bool yes = !answers.empty(), unknown = false;
    json::array rows;
    for (const KernelAnswer& answer : answers) {
        const kernel::Verdict verdict = answer.judgement.verdict;
        yes = yes && kernel::runs(verdict);
        unknown = unknown || verdict == kernel::Verdict::unknown;
        rows.push_back(json::object{{"kernel", answer.kernel},
                                    {"gpu", target.label},
                                    {"variant", answer.arch},
                                    {"verdict", kernel::to_string(verdict)},
                                    {"reason", answer.judgement.reason}});
        if (!options.json)
            std::printf("%s: %s on %s: %s\n", answer.kernel.c_str(), kernel::to_string(verdict), target.label.c_str(),
                        answer.judgement.reason.c_str());
        if (verdict == kernel::Verdict::jit)
            std::fprintf(stderr, "warning: the driver compiles %s at its first start there\n", answer.kernel.c_str());
    }
    if (options.json) std::printf("%s", json::pretty(rows).c_str());
    if (!options.json && answers.empty()) std::printf("the image has no kernels\n");
    return yes ? 0 : unknown ? 5 : 1;
}

int run_inspect(const Options& options) {
    const oci::ImageName name = oci::ImageName::parse(options.image).value();
    if (name.kind != oci::ImageName::Kind::layout)
        throw BuildError(usage_error("this release inspects OCI layouts only, not '" + options.image + "'",
                                     "copy it into one with `skopeo copy`"));
    const oci::LayoutImage image = oci::read_layout(name.path, name.tag).value();
    if (!options.can_run.empty()) return can_run(image, options);
    json::object out{{"digest", image.manifest_digest.to_string()},
                     {"size", image.size},
                     {"manifest", image.manifest},
                     {"config", image.config}};
    if (options.json) {
        std::printf("%s", json::pretty(out).c_str());
        return 0;
    }
    std::printf("%s  %s\n", image.manifest_digest.to_string().c_str(), human_bytes(image.size).c_str());
    const json::array& layers = *json::get_array(image.manifest, "layers").value();
    const auto history = json::get_array(image.config, "history");
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const json::object& layer = layers[i].as_object();
        std::string made;
        if (history && i < (*history)->size()) made = json::string_or((**history)[i].as_object(), "created_by", "");
        std::printf("  %9s  %.19s  %s\n",
                    human_bytes(static_cast<std::uint64_t>(json::int_or(layer, "size", 0))).c_str(),
                    json::string_or(layer, "digest", "").c_str(), made.c_str());
    }
    return 0;
}

int run_gpus(const Options& options) {
    json::array rows;
    for (const kernel::Gpu& gpu : kernel::all_gpus()) {
        const auto capability = gpu.capability();
        const std::string shown = capability ? capability->to_string() : "no CUDA";
        if (options.json) {
            rows.push_back(json::object{{"name", gpu.name},
                                        {"product", gpu.product_id},
                                        {"capability", shown},
                                        {"family", gpu.family},
                                        {"memory_gb", gpu.memory_gb},
                                        {"runpod", gpu.on_runpod},
                                        {"source", gpu.source}});
        } else {
            std::printf("%-22s %-8s %-16s %s\n", std::string(gpu.name).c_str(), shown.c_str(),
                        std::string(gpu.family).c_str(), gpu.on_runpod ? "RunPod" : "");
        }
    }
    if (options.json) std::printf("%s", json::pretty(rows).c_str());
    return 0;
}

}  // namespace tmplbuild::cli
