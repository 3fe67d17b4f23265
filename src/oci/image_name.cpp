// SPDX-License-Identifier: Apache-2.0
#include "oci/image_name.hpp"

#include "base/text.hpp"

namespace tmplbuild::oci {

static const std::string hint = "write oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE or docker://REF";

static Result<ImageName> with_tag(ImageName name, std::string_view rest) {
    // A tag has no '/', so "oci:C/a:b/c" is the folder "C/a:b/c".
    const std::size_t colon = rest.rfind(':');
    if (colon != std::string_view::npos && rest.find('/', colon) == std::string_view::npos) {
        name.tag = rest.substr(colon + 1);
        rest = rest.substr(0, colon);
        if (name.tag.empty()) return usage_error("the tag after ':' is empty", hint);
    }
    if (rest.empty()) return usage_error("the image's path is empty", hint);
    name.path = std::string(rest);
    return name;
}

Result<ImageName> ImageName::parse(std::string_view text) {
    auto after = [&](std::string_view prefix) { return text.substr(prefix.size()); };
    if (text.starts_with("docker://")) {
        ImageName name{Kind::registry, {}, {}, std::string(after("docker://"))};
        if (name.reference.empty()) return usage_error("the reference after docker:// is empty", hint);
        return name;
    }
    if (text.starts_with("oci:")) return with_tag({Kind::layout, {}, {}, {}}, after("oci:"));
    for (const auto& [prefix, kind] :
         {std::pair{std::string_view("oci-archive:"), Kind::oci_archive}, {"docker-archive:", Kind::docker_archive}}) {
        if (text.starts_with(prefix)) return with_tag({kind, {}, {}, {}}, after(prefix));
    }
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && text.find('/') > colon) {
        const std::string transport(text.substr(0, colon));
        const std::string guess = did_you_mean(transport, {"oci", "oci-archive", "docker-archive", "docker"});
        return usage_error("'" + transport + ":' is not a way to name an image", guess.empty() ? hint : guess);
    }
    if (text.empty()) return usage_error("the image's name is empty", hint);
    return ImageName{Kind::layout, std::string(text), {}, {}};
}

std::string ImageName::to_string() const {
    const std::string tail = tag.empty() ? "" : ":" + tag;
    switch (kind) {
        case Kind::layout:
            return "oci:" + path.string() + tail;
        case Kind::oci_archive:
            return "oci-archive:" + path.string() + tail;
        case Kind::docker_archive:
            return "docker-archive:" + path.string() + tail;
        case Kind::registry:
            return "docker://" + reference;
    }
    return {};
}

}  // namespace tmplbuild::oci
