// SPDX-License-Identifier: Apache-2.0
#include "build/prove_image.hpp"

#include "oci/image_source.hpp"
#include "podspec/pod_spec.hpp"
#include "verify/image_content.hpp"
#include "verify/service_check.hpp"
#include "verify/verify.hpp"

namespace tmplbuild {

// Raised whenever `verify` looks at more than before: what an earlier release found good is looked at again.
static constexpr const char* proven_index = "proven-1";

// Raised whenever check_services() looks at more than before.
static constexpr const char* services_index = "services-1";

static std::string path_of(const oci::ImageSource& source) {
    const auto path = source.config().environment.find("PATH");
    return path == source.config().environment.end() ? std::string() : path->second;
}

void prove_services(const oci::Image& image, const Store& store, const std::stop_token& stop) {
    if (store.find_index(services_index, image.manifest_digest)) return;
    const oci::ImageSource source = oci::ImageSource::of_store(store, image.manifest_digest).value();
    const ImageContent content = read_image_content(source, &store, stop).value();
    const pod::PodSpec spec = pod::read_pod_spec(content.pod_json).value();
    std::vector<Error> errors;
    for (const Finding& finding : check_services(RootView(content.indexes), spec, path_of(source)))
        errors.push_back(build_error(finding.where + ": " + finding.message, finding.hint)
                             .while_doing("looking for the services' programs in the image"));
    if (!errors.empty()) throw BuildError(std::move(errors));
    store.put_index(services_index, image.manifest_digest, json::object{{"services", spec.services.size()}}).value();
}

void prove_image(const oci::Image& image, const Store& store, const std::stop_token& stop) {
    const oci::ImageSource source = oci::ImageSource::of_store(store, image.manifest_digest).value();
    if (source.annotation(kernels_annotation).empty()) return;
    if (store.find_index(proven_index, image.manifest_digest)) return;
    const Verification result = verify_image(source, &store, stop).value();
    std::vector<Error> errors;
    const auto add = [&](const std::vector<Finding>& findings, const std::string& whose) {
        for (const Finding& finding : findings)
            if (finding.weight != Finding::Weight::note)
                errors.push_back(
                    build_error((finding.where.empty() ? "" : finding.where + ": ") + finding.message, finding.hint)
                        .while_doing("proving " + whose));
    };
    add(result.findings, "the image's kernels");
    for (const VerifiedVariant& variant : result.variants)
        add(variant.findings, "the variant " + variant.proof.arch.to_string() + " of " + variant.proof.kernel);
    if (!errors.empty()) throw BuildError(std::move(errors));
    store.put_index(proven_index, image.manifest_digest, json::object{{"layers", result.layers}}).value();
}

}  // namespace tmplbuild
