// SPDX-License-Identifier: Apache-2.0
// What tests of the push push: an image whose blobs are texts, from a store of its own, to a StrictRegistry.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fake_helper.hpp"
#include "registry/push.hpp"
#include "strict_registry.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

// `size` bytes that are not the same anywhere.
inline std::string long_text(std::size_t size, unsigned seed) {
    std::string out(size, '\0');
    std::uint64_t state = seed * 2654435761ULL + 1;
    for (char& c : out) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        c = static_cast<char>(state >> 56);
    }
    return out;
}

inline oci::Blob blob_of_text(std::shared_ptr<const std::string> text) {
    auto at = std::make_shared<std::size_t>(0);
    return {"a/blob", text->size(), [text, at](std::span<std::byte> into) -> Result<std::size_t> {
                const std::size_t size = text->copy(reinterpret_cast<char*>(into.data()), into.size(), *at);
                *at += size;
                return size;
            }};
}

inline registry::PushedImage image_of_texts(const std::vector<std::string>& layers) {
    json::array listed;
    registry::PushedImage image{{}, oci::manifest_type, {}, {}};
    const auto add = [&](const std::string& text) {
        const oci::Descriptor what{"application/octet-stream", Sha256::of(text), text.size(), "", "", false};
        auto kept = std::make_shared<const std::string>(text);
        image.blobs.push_back({what, [kept] { return Result<oci::Blob>(blob_of_text(kept)); }});
        return json::object{{"digest", what.digest.to_string()}, {"size", what.size}};
    };
    for (const std::string& text : layers) listed.push_back(add(text));
    const json::object config = add("{}");
    image.manifest = json::canonical(json::object{{"config", config}, {"layers", listed}});
    image.digest = Sha256::of(image.manifest);
    return image;
}

struct Pusher {
    StrictRegistry there{};
    FakeHelper helper{};
    SilentProgress progress{};
    sys::TempDirectory folder = sys::TempDirectory::make(std::filesystem::temp_directory_path(), "push-").value();
    Store store = Store::open(folder.path()).value();
    std::stop_source stop{};

    Result<registry::PushReport> push(const registry::PushedImage& image,
                                      const std::vector<std::string>& names = {"ghcr.io/me/x:1"}) {
        std::vector<Reference> references;
        for (const std::string& name : names) references.push_back(Reference::parse(name).value());
        const auto targets = registry::PushTarget::of(references, image.digest);
        if (!targets) return targets.error();
        const registry::Client client{.http = there, .runner = helper, .first_pause = std::chrono::milliseconds(1)};
        return registry::push_image(image, targets->front(), {client, store, progress, "docker://" + names[0]},
                                    stop.get_token());
    }
    bool has(const registry::PushedImage& image, const std::string& repository = "me/x", const std::string& tag = "1") {
        const auto at = there.manifests.find(repository + ":" + tag);
        if (at == there.manifests.end() || at->second != image.manifest) return false;
        for (const auto& [digest, text] : there.blobs[repository])
            if (Sha256::of(text) != digest) return false;
        return true;
    }
    // The registry has the configuration, so that a cut or a stop meets the layer alone.
    void has_configuration() { there.blobs["me/x"][Sha256::of("{}")] = "{}"; }
    std::size_t journal_size() const {
        std::error_code failed;
        std::size_t out = 0;
        for (const auto& entry : std::filesystem::directory_iterator(store.root() / "uploads", failed))
            out += entry.path().extension() == ".json" ? 1 : 0;
        return out;
    }
};

}  // namespace tmplbuild
