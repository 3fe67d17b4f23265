// SPDX-License-Identifier: Apache-2.0
// The command push: an image of this machine, or of a registry, into a registry.
#include <memory>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/registry_access.hpp"
#include "registry/blob_places.hpp"
#include "registry/push.hpp"
#include "sys/file.hpp"

namespace tmplbuild::cli {

namespace {

std::vector<Reference> references_of(const std::vector<std::string>& texts) {
    std::vector<Reference> out;
    for (const std::string& text : texts) {
        if (!text.starts_with("docker://"))
            throw BuildError(usage_error("'" + text + "' does not name a registry",
                                         "write docker://HOST/REPOSITORY:TAG; `tmplbuild build -o` writes files"));
        out.push_back(Reference::parse(text.substr(9)).value());
    }
    return out;
}

std::vector<std::string> names_of(const registry::PushTarget& target, const Digest& digest) {
    const std::string repository = "docker://" + target.repository.repository_name();
    std::vector<std::string> out;
    for (const std::string& tag : target.tags) out.push_back(repository + ":" + tag);
    if (out.empty()) out.push_back(repository + "@" + digest.to_string());
    return out;
}

// What comes out of a registry can be mounted in another repository there.
void note_source(const Store& store, const std::string& image_name, const registry::PushedImage& image) {
    if (!image_name.starts_with("docker://")) return;
    const Reference from = Reference::parse(image_name.substr(9)).value();
    std::vector<Digest> blobs;
    for (const registry::PushedBlob& blob : image.blobs) blobs.push_back(blob.what.digest);
    registry::note_blobs(store, from, blobs);
}

json::object row_of(const registry::PushTarget& target, const registry::PushReport& report) {
    json::array names;
    for (const std::string& name : names_of(target, report.manifest)) names.emplace_back(name);
    return {{"to", std::move(names)},      {"was_there", report.was_there}, {"sent", report.sent},
            {"uploaded", report.uploaded}, {"mounted", report.mounted},     {"found", report.found}};
}

}  // namespace

int run_push(const Options& options, Progress& progress, std::stop_token stop) {
    const std::vector<Reference> references = references_of(options.outputs);
    const Store store = Store::open(Store::default_root()).value();
    const auto client = registry_client(options, [&](const std::string& line) { progress.message(line); });
    const auto source = std::make_shared<const oci::ImageSource>(open_image(options.image, options, stop));
    const registry::PushedImage image = registry::image_of_source(source).value();
    note_source(store, options.image, image);
    const auto targets = registry::PushTarget::of(references, image.digest).value();
    for (const registry::PushTarget& target : targets) registry::check_push(image, target).value();
    json::array rows;
    for (const registry::PushTarget& target : targets) {
        const registry::PushContext context{*client, store, progress, names_of(target, image.digest).front()};
        rows.push_back(row_of(target, registry::push_image(image, target, context, stop).value()));
    }
    end_live_lines(progress);
    const json::object metadata{
        {"image", image.digest.to_string()}, {"size", image.size()}, {"pushed", std::move(rows)}};
    if (options.metadata_file) sys::write_named_file(*options.metadata_file, json::pretty(metadata)).value();
    if (options.json) {
        print_json(metadata);
        return 0;
    }
    print_line(image.digest.to_string());
    for (const registry::PushTarget& target : targets)
        for (const std::string& name : names_of(target, image.digest)) print_line(name);
    return 0;
}

}  // namespace tmplbuild::cli
