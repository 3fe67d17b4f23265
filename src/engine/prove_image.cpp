// SPDX-License-Identifier: Apache-2.0
#include "engine/prove_image.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "oci/image_source.hpp"
#include "podspec/pod_spec.hpp"
#include "verify/image_content.hpp"
#include "verify/replaced_links.hpp"
#include "verify/service_check.hpp"
#include "verify/verify.hpp"

namespace tmplbuild {

// Raised whenever one of the two checks examines more than before, so that images which an earlier release found good
// are examined again. The first check also covers links.
static constexpr const char* services_index = "services-4";
static constexpr const char* kernels_index = "proven-1";

static std::string path_of(const oci::ImageSource& source) {
    const auto path = source.config().environment.find("PATH");
    return path == source.config().environment.end() ? std::string() : path->second;
}

static void prove_services(const oci::ImageSource& source, const ImageContent& content, std::vector<Error>& errors) {
    const pod::PodSpec spec = pod::read_pod_spec(content.pod_json).value();
    for (const Finding& finding : check_services(RootView(content.indexes), spec, path_of(source)))
        errors.push_back(build_error(finding.where + ": " + finding.message, finding.hint)
                             .while_doing("looking for the services' programs in the image"));
}

static void prove_links(const oci::Image& image, std::size_t base_layers, const ImageContent& content,
                        std::vector<Error>& errors) {
    for (const ReplacedLink& found : find_replaced_links(content.indexes, base_layers))
        errors.push_back(
            build_error("the layer '" + image.layers[found.layer].comment + "' puts things into '/" + found.folder +
                            "', which is a link to '/" + found.leads_to + "' in the layers below, and would replace it",
                        "name the destination as '/" + found.leads_to + "', or take the link away with a `run` layer"));
}

CanonicalKey proof_key(const oci::Image& image) {
    CanonicalKey key;
    key.add("image", image.manifest_digest).add("services", services_index).add("kernels", kernels_index);
    return key;
}

std::vector<Error> errors_of(const Verification& result) {
    struct Shared {
        Finding finding;
        std::string kernel;
        std::vector<std::string> archs;
    };
    std::vector<Shared> all;
    for (const Finding& finding : result.findings) all.push_back({finding, {}, {}});
    for (const VerifiedVariant& variant : result.variants)
        for (const Finding& finding : variant.findings) {
            auto same = std::find_if(all.begin(), all.end(), [&](const Shared& other) {
                return other.finding == finding && other.kernel == variant.proof.kernel;
            });
            if (same == all.end()) same = all.insert(all.end(), {finding, variant.proof.kernel, {}});
            same->archs.push_back(variant.proof.arch.to_string());
        }
    std::vector<Error> errors;
    for (const Shared& one : all) {
        if (one.finding.weight == Finding::Weight::note) continue;
        const std::string whose = one.archs.empty() ? "the image's kernels"
                                  : one.archs.size() == 1
                                      ? "the variant " + one.archs[0] + " of " + one.kernel
                                      : "the variants " + join(one.archs, ", ") + " of " + one.kernel;
        const std::string where = one.finding.where.empty() ? "" : one.finding.where + ": ";
        errors.push_back(build_error(where + one.finding.message, one.finding.hint).while_doing("proving " + whose));
    }
    return errors;
}

void prove_image(const oci::Image& image, std::size_t base_layers, const Store& store,
                 std::unique_ptr<oci::Place> blobs, const std::stop_token& stop) {
    const Digest& digest = image.manifest_digest;
    const oci::ImageSource source = oci::ImageSource::of(std::move(blobs), digest, image.manifest.size()).value();
    const bool services = !store.find_index(services_index, digest);
    const bool kernels = !source.annotation(kernels_annotation).empty() && !store.find_index(kernels_index, digest);
    if (!services && !kernels) return;
    const ImageContent content = read_built_content(source, store, stop).value();
    std::vector<Error> errors;
    if (services) prove_links(image, base_layers, content, errors);
    if (services) prove_services(source, content, errors);
    if (kernels)
        for (Error& error : errors_of(verify_content(source, content))) errors.push_back(std::move(error));
    if (!errors.empty()) throw BuildError(std::move(errors));
    // What a cache says of layers that are not here is no proof for a build that has them.
    if (!std::all_of(image.layers.begin(), image.layers.end(),
                     [&](const BuiltLayer& layer) { return store.has_blob(layer.digest); }))
        return;
    const json::object facts{{"layers", content.indexes.size()}};
    for (const auto& [proven, index] : {std::pair{services, services_index}, std::pair{kernels, kernels_index}})
        if (proven) store.put_index(index, digest, facts).value();
}

}  // namespace tmplbuild
