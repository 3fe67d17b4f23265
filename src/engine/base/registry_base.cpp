// SPDX-License-Identifier: Apache-2.0
#include "engine/base/registry_base.hpp"

#include <utility>

#include "registry/place.hpp"

namespace tmplbuild {

static Result<oci::ImageSource> open_in_registry(const Reference& image, const ResolveContext& context) {
    // Whoever gives no client has no logins.
    auto client = context.registries;
    if (client == nullptr)
        client =
            std::make_shared<registry::Client>(registry::Client{.http = context.http, .runner = context.processes});
    return oci::ImageSource::in(registry::registry_place(client, image, context.stop), "");
}

Result<oci::ImageSource> find_registry_base(const ImageBase& base, const ResolveContext& context) {
    return open_in_registry(base.reference, context);
}

Result<oci::ImageSource> open_registry_base(const ImageBase& base, const Digest& manifest,
                                            const ResolveContext& context) {
    Reference pinned = base.reference;
    pinned.digest = manifest;
    return open_in_registry(pinned, context);
}

Result<std::vector<BuiltLayer>> layers_of_registry_base(const ImageBase& base, const Digest& manifest,
                                                        const ResolveContext& context) {
    auto source = open_registry_base(base, manifest, context);
    if (!source) return source.error();
    return source->layers();
}

}  // namespace tmplbuild
