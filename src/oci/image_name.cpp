// SPDX-License-Identifier: Apache-2.0
#include "oci/image_name.hpp"

#include <vector>

#include "base/layout_name.hpp"
#include "base/reference.hpp"
#include "base/text.hpp"

namespace tmplbuild::oci {

static const std::string hint =
    "write oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME[:TAG]] or docker://REF";

static Result<ImageName> with_tag(ImageName::Kind kind, std::string_view rest) {
    auto name = LayoutName::parse(rest);
    if (name) return ImageName{kind, name->path, name->tag, {}};
    Error error = name.error();
    if (error.hint.empty()) error.hint = hint;
    return error;
}

// Docker's rule to tell a host from a folder of its own hub.
static bool is_domain(std::string_view part) {
    return (part.find_first_of(".:") != std::string_view::npos || part == "localhost") && is_registry_host(part);
}

Result<std::string> parse_docker_reference(std::string_view text) {
    const std::string whole(text);
    auto bad = [&] {
        return usage_error("'" + whole + "' is no name for an image",
                           "write it as name, name:tag or registry/name:tag");
    };
    if (text.size() > 255 + 1 + 128) return bad();  // reference.NameTotalLengthMax, ':' and a tag
    std::string tag = "latest";
    const std::size_t colon = text.rfind(':');
    if (colon != std::string_view::npos && text.find('/', colon) == std::string_view::npos) {
        tag = text.substr(colon + 1);
        text = text.substr(0, colon);
    }
    if (!is_repository_tag(tag)) return bad();
    const std::vector<std::string> parts = split(text, '/');
    for (std::size_t i = 0; i < parts.size(); ++i)
        if (!is_repository(parts[i]) && !(i == 0 && parts.size() > 1 && is_domain(parts[i]))) return bad();
    if (text.size() > 255) return bad();
    return std::string(text) + ":" + tag;
}

static Result<ImageName> with_reference(std::string_view rest) {
    // Splits at the first colon, as containers/image does, since the reference has colons itself.
    const std::size_t colon = rest.find(':');
    ImageName name{ImageName::Kind::docker_archive, std::string(rest.substr(0, colon)), {}, {}};
    if (name.path.empty()) return usage_error("the image's path is empty", hint);
    if (colon == std::string_view::npos) return name;
    auto reference = parse_docker_reference(rest.substr(colon + 1));
    if (!reference) return reference.error();
    name.reference = *reference;
    return name;
}

Result<ImageName> ImageName::parse(std::string_view text) {
    auto after = [&](std::string_view prefix) { return text.substr(prefix.size()); };
    if (text.starts_with("docker://")) {
        const auto reference = Reference::parse(after("docker://"));
        if (!reference) return reference.error();
        return ImageName{Kind::registry, {}, {}, reference->to_string()};
    }
    if (text.starts_with("oci:")) return with_tag(Kind::layout, after("oci:"));
    if (text.starts_with("oci-archive:")) return with_tag(Kind::oci_archive, after("oci-archive:"));
    if (text.starts_with("docker-archive:")) return with_reference(after("docker-archive:"));
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && text.find('/') > colon) {
        const std::string transport(text.substr(0, colon));
        const std::string guess = did_you_mean(transport, {"oci", "oci-archive", "docker-archive", "docker"});
        return usage_error("'" + transport + ":' is not a way to name an image", guess.empty() ? hint : guess);
    }
    if (text.empty()) return usage_error("the image's name is empty", hint);
    return with_tag(Kind::layout, text);
}

std::string ImageName::to_string() const {
    const std::string tail = tag.empty() ? "" : ":" + tag;
    switch (kind) {
        case Kind::layout:
            return "oci:" + path.string() + tail;
        case Kind::oci_archive:
            return "oci-archive:" + path.string() + tail;
        case Kind::docker_archive:
            return "docker-archive:" + path.string() + (reference.empty() ? "" : ":" + reference);
        case Kind::registry:
            return "docker://" + reference;
    }
    return {};
}

}  // namespace tmplbuild::oci
