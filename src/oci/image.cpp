// SPDX-License-Identifier: Apache-2.0
#include "oci/image.hpp"

#include "base/text.hpp"

namespace tmplbuild::oci {

static json::object object_of(const std::map<std::string, std::string>& map) {
    json::object out;
    for (const auto& [name, value] : map) out[name] = value;
    return out;
}

static json::object config_of(const ImageSpec& spec) {
    json::object run;
    json::array environment;
    for (const auto& [name, value] : spec.environment) environment.emplace_back(name + "=" + value);
    if (!environment.empty()) run["Env"] = std::move(environment);
    if (!spec.entrypoint.empty()) run["Entrypoint"] = json::array(spec.entrypoint.begin(), spec.entrypoint.end());
    if (!spec.directory.empty()) run["WorkingDir"] = spec.directory;
    if (!spec.user.empty()) run["User"] = spec.user;
    json::object ports, volumes;
    for (const std::string& port : spec.inherited_ports) ports[port] = json::object();
    for (const std::uint16_t port : spec.exposed_ports) ports[std::to_string(port) + "/tcp"] = json::object();
    if (!ports.empty()) run["ExposedPorts"] = std::move(ports);
    for (const std::string& volume : spec.volumes) volumes[volume] = json::object();
    if (!volumes.empty()) run["Volumes"] = std::move(volumes);
    if (!spec.labels.empty()) run["Labels"] = object_of(spec.labels);
    run["StopSignal"] = "SIGTERM";
    return run;
}

static json::object descriptor(const std::string& media_type, const Digest& digest, std::uint64_t size) {
    return {{"mediaType", media_type}, {"digest", digest.to_string()}, {"size", size}};
}

std::uint64_t Image::size() const {
    std::uint64_t sum = manifest.size() + config.size();
    for (const BuiltLayer& layer : layers) sum += layer.size;
    return sum;
}

Result<Image> assemble_image(const Store& store, const ImageSpec& spec) {
    if (spec.layers.size() > max_layers)
        return build_error("the image would have " + std::to_string(spec.layers.size()) + " layers, at most " +
                               std::to_string(max_layers) + " work everywhere",
                           "put more into one `files` or `run` layer");
    json::array diff_ids, history, layers;
    for (const BuiltLayer& layer : spec.layers) {
        diff_ids.emplace_back(layer.diff_id.to_string());
        history.push_back(json::object{{"created_by", "tmplbuild: " + layer.comment}});
        layers.push_back(descriptor(layer_media_type(layer.compression), layer.digest, layer.size));
    }
    Image image;
    image.layers = spec.layers;
    image.config =
        json::canonical(json::object{{"architecture", "amd64"},
                                     {"os", "linux"},
                                     {"config", config_of(spec)},
                                     {"rootfs", json::object{{"type", "layers"}, {"diff_ids", std::move(diff_ids)}}},
                                     {"history", std::move(history)}});
    image.config_digest = Sha256::of(image.config);
    json::object manifest{
        {"schemaVersion", 2},
        {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
        {"config", descriptor("application/vnd.oci.image.config.v1+json", image.config_digest, image.config.size())},
        {"layers", std::move(layers)}};
    if (!spec.annotations.empty()) manifest["annotations"] = object_of(spec.annotations);
    image.manifest = json::canonical(manifest);
    image.manifest_digest = Sha256::of(image.manifest);
    for (const auto& [digest, text] :
         {std::pair{image.config_digest, &image.config}, {image.manifest_digest, &image.manifest}})
        if (auto put = store.put_blob(digest, *text); !put) return put.error();
    return image;
}

}  // namespace tmplbuild::oci
