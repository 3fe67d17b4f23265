// SPDX-License-Identifier: Apache-2.0
#include "store/built_layer.hpp"

namespace tmplbuild {

const char* to_string(Compression compression) {
    switch (compression) {
        case Compression::none:
            return "none";
        case Compression::gzip:
            return "gzip";
        case Compression::zstd:
            return "zstd";
    }
    return "none";
}

std::string layer_media_type(Compression compression) {
    const std::string tar = "application/vnd.oci.image.layer.v1.tar";
    return compression == Compression::none ? tar : tar + "+" + to_string(compression);
}

Result<Compression> compression_of(std::string_view media_type) {
    for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd})
        if (media_type == layer_media_type(compression)) return compression;
    // The media types of Docker's image manifest v2, schema 2, which registries and docker-archive still use.
    if (media_type == "application/vnd.docker.image.rootfs.diff.tar") return Compression::none;
    if (media_type == "application/vnd.docker.image.rootfs.diff.tar.gzip") return Compression::gzip;
    if (media_type == "application/vnd.docker.image.rootfs.diff.tar.zstd") return Compression::zstd;
    return build_error("layers of the media type '" + std::string(media_type) + "' cannot be read",
                       "tmplbuild reads tar layers, plain or compressed with gzip or zstd");
}

json::object BuiltLayer::to_json() const {
    return {{"digest", digest.to_string()}, {"diff_id", diff_id.to_string()},        {"size", size},
            {"tar_size", tar_size},         {"compression", to_string(compression)}, {"comment", comment}};
}

Result<BuiltLayer> BuiltLayer::from_json(const json::object& o) {
    auto digest = json::get_string(o, "digest"), diff_id = json::get_string(o, "diff_id");
    auto size = json::get_int(o, "size"), tar_size = json::get_int(o, "tar_size");
    for (const auto* text : {&digest, &diff_id})
        if (!*text) return text->error();
    for (const auto* number : {&size, &tar_size}) {
        if (!*number) return number->error();
        if (**number < 0) return build_error("a layer has a negative size");
    }
    auto blob = Digest::parse(*digest), tar = Digest::parse(*diff_id);
    if (!blob) return blob.error();
    if (!tar) return tar.error();
    auto compression = compression_of("application/vnd.oci.image.layer.v1.tar" +
                                      (json::string_or(o, "compression", "zstd") == "none"
                                           ? std::string()
                                           : "+" + json::string_or(o, "compression", "zstd")));
    if (!compression) return compression.error();
    return BuiltLayer{*blob,
                      *tar,
                      static_cast<std::uint64_t>(*size),
                      static_cast<std::uint64_t>(*tar_size),
                      *compression,
                      json::string_or(o, "comment", "")};
}

}  // namespace tmplbuild
