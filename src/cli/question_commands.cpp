// SPDX-License-Identifier: Apache-2.0
// The command inspect, which only answers questions: from an image's documents, no layer is read. It writes nothing.
#include <cstdio>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/registry_access.hpp"
#include "engine/kernel/kernel_table.hpp"
#include "kernel/gpu.hpp"
#include "oci/pull_forecast.hpp"

namespace tmplbuild::cli {

// Yes only if every kernel of the image runs there, since the image needs all of them.
static int can_run(const oci::ImageSource& image, const Options& options) {
    if (!image.has_annotations())
        throw BuildError(usage_error("a docker-archive holds no annotations, and so no proofs",
                                     "`tmplbuild verify " + options.image + "` proves it from its bytes"));
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
            print_line(answer.kernel + ": " + kernel::to_string(verdict) + " on " + target.label + ": " +
                       answer.judgement.reason);
        if (verdict == kernel::Verdict::jit)
            std::fprintf(stderr, "warning: the driver compiles %s at its first start there\n",
                         visible(answer.kernel).c_str());
    }
    if (options.json) print_json(rows);
    if (!options.json && answers.empty()) print_line("the image has no kernels");
    return yes ? 0 : unknown ? 5 : 1;
}

static oci::PullForecast pull_of(const oci::ImageSource& image) {
    const std::string listed = image.has_annotations() ? image.annotation(oci::on_hosts_annotation) : "";
    return oci::forecast_pull(image.layers(), oci::layers_in_list(listed));
}

int run_inspect(const Options& options, const std::stop_token& stop) {
    const oci::ImageSource image = open_image(options.image, options, stop);
    if (!options.can_run.empty()) return can_run(image, options);
    if (options.json) {
        json::object out{{"digest", image.digest().to_string()}, {"size", image.size()}};
        if (image.has_annotations()) out["manifest"] = image.manifest();
        out["cold_pull"] = pull_of(image).to_json();
        out["config"] = image.config_document();
        print_json(out);
        return 0;
    }
    print_line(image.digest().to_string() + "  " + human_bytes(image.size()));
    for (const BuiltLayer& layer : image.layers())
        print_row(
            {{human_bytes(layer.size), -11}, {" " + layer.digest.to_string().substr(0, 19)}, {" " + layer.comment}});
    print_line("cold pull: " + pull_of(image).to_string());
    return 0;
}

}  // namespace tmplbuild::cli
