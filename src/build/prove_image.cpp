// SPDX-License-Identifier: Apache-2.0
#include "build/prove_image.hpp"

#include <algorithm>

#include "base/text.hpp"
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

void prove_image(const oci::Image& image, const Store& store, const std::stop_token& stop) {
    const oci::ImageSource source = oci::ImageSource::of_store(store, image.manifest_digest).value();
    if (source.annotation(kernels_annotation).empty()) return;
    if (store.find_index(proven_index, image.manifest_digest)) return;
    const Verification result = verify_image(source, &store, stop).value();
    std::vector<Error> errors = errors_of(result);
    if (!errors.empty()) throw BuildError(std::move(errors));
    store.put_index(proven_index, image.manifest_digest, json::object{{"layers", result.layers}}).value();
}

}  // namespace tmplbuild
