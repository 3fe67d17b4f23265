// SPDX-License-Identifier: Apache-2.0
// The artifact of a step: written and read back, and every way in which one can be wrong.
#include "cache/step_document.hpp"

#include "cached_step.hpp"
#include "store/record_json.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::cache;

namespace {

// What the reader says of a manifest and a document; "" where it takes them.
std::string refusal_of(const std::string& manifest, const std::string& document, const Digest& key) {
    const auto artifact = parse_manifest(manifest, oci::manifest_type, "here");
    if (!artifact) return artifact.error().message;
    const auto read = parse_document(document, key, *artifact, "here");
    return read ? "" : read.error().message;
}

std::string replaced_in(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a step is read from its artifact as it was written") {
    StepDocument step = document_of("kernel:x:8.9", {"one", "two"});
    step.side.push_back({Sha256::of("one"), "layer-index-3", Sha256::of("side"), 4});
    // Whom its maker trusted with it is nothing that a reader believes.
    step.record.from = {"docker://x/y", "a key"};
    step.record.signers = {"a key"};
    const std::string manifest = manifest_text(step, {{key_note, "k"}}), document = document_text(step);
    const auto artifact = parse_manifest(manifest, oci::manifest_type, "here");
    REQUIRE(artifact);
    CHECK(artifact->config.digest == Sha256::of(document));
    CHECK(artifact->annotations.at(key_note) == "k");
    // A registry keeps what its manifests name.
    REQUIRE(artifact->blobs.size() == 3);
    CHECK(artifact->blobs[0].media_type == "application/vnd.oci.image.layer.v1.tar+zstd");
    CHECK(artifact->blobs[2].digest == Sha256::of("side"));
    const auto read = parse_document(document, step.record.key.digest(), *artifact, "here");
    REQUIRE(read);
    CHECK(read->record.layers == step.record.layers);
    CHECK(read->record.facts == step.record.facts);
    CHECK(read->record.seconds == step.record.seconds);
    CHECK(read->side == step.side);
    CHECK(read->record.from == RecordOrigin{});
    CHECK(read->record.signers.empty());
    CHECK(document.find("a key") == std::string::npos);
}

TEST_CASE("a step without layers has an artifact with one blob") {
    const StepDocument step = document_of("facts", {});
    CHECK(refusal_of(manifest_text(step, {}), document_text(step), step.record.key.digest()).empty());
    const auto artifact = parse_manifest(manifest_text(step, {}), oci::manifest_type, "here");
    REQUIRE(artifact);
    CHECK(artifact->blobs.size() == 1);
}

TEST_CASE("the tag of a key is one that registries take") {
    const std::string tag = tag_of(Sha256::of("x"));
    CHECK(is_repository_tag(tag));
    CHECK(tag == "step-" + Sha256::of("x").hex());
}

TEST_CASE("an artifact that is not what its key says is refused in words") {
    StepDocument step = document_of("files:x", {"one"});
    step.side.push_back({Sha256::of("one"), "layer-index-3", Sha256::of("side"), 4});
    const std::string manifest = manifest_text(step, {}), document = document_text(step);
    const Digest key = step.record.key.digest();
    const auto told = [&](const std::string& text, const std::string& other_manifest = "") {
        return refusal_of(other_manifest.empty() ? manifest : other_manifest, text, key);
    };

    SECTION("of another key") {
        CHECK(
            refusal_of(manifest, document, Sha256::of("other")).find("holds a step with the key " + key.to_string()) !=
            std::string::npos);
    }
    SECTION("with other layers in its manifest than in its document") {
        const std::string other = replaced_in(manifest, Sha256::of("one").to_string(), Sha256::of("two").to_string());
        CHECK(told(document, other).find("names other blobs in its manifest") != std::string::npos);
        const std::string size = replaced_in(manifest, R"("size":3})", R"("size":4})");
        CHECK(told(document, size).find("names other blobs in its manifest") != std::string::npos);
    }
    SECTION("with blobs of a foreign kind") {
        const std::string other = replaced_in(manifest, side_type, "application/x-sh");
        CHECK(told(document, other).find("has a blob of the type 'application/x-sh'") != std::string::npos);
    }
    SECTION("an image, or somebody else's artifact") {
        const std::string other = replaced_in(manifest, artifact_type, "application/vnd.example");
        CHECK(told(document, other).find("is no step of a cache") != std::string::npos);
        const std::string image = replaced_in(manifest, document_type, "application/vnd.oci.image.config.v1+json");
        CHECK(told(document, image).find("is no step of a cache") != std::string::npos);
        CHECK(!parse_manifest(manifest, oci::index_type, "here"));
        CHECK(!parse_manifest("[]", oci::manifest_type, "here"));
    }
    SECTION("with names that lead out of the store") {
        for (const char* kind : {"../records", "", "a/b", "-x", "UPPER"}) {
            CAPTURE(kind);
            const std::string other =
                replaced_in(document, R"("kind":"layer-index-3")", R"("kind":")" + std::string(kind) + '"');
            CHECK(told(other).find("without layer, digest or kind") != std::string::npos);
        }
        const std::string digest =
            replaced_in(document, Sha256::of("one").to_string(), "sha256:../../../../etc/passwd");
        CHECK(told(digest).find("holds no step") != std::string::npos);
    }
    SECTION("with a side file of another step's layer") {
        const std::string side = "\"side\":[{\"";
        const auto at = document.find(side);
        REQUIRE(at != std::string::npos);
        const std::string other =
            document.substr(0, at) +
            replaced_in(document.substr(at), Sha256::of("one").to_string(), Sha256::of("two").to_string());
        CHECK(told(other).find("a layer that is not its own") != std::string::npos);
    }
    SECTION("with sizes that cannot be") {
        CHECK(told(replaced_in(document, R"("size":3)", R"("size":-3)")).find("holds no step") != std::string::npos);
        CHECK(told(replaced_in(document, R"("tar_size":10)", R"("tar_size":999999999999999)")).find("has a layer of") !=
              std::string::npos);
        CHECK(told(replaced_in(document, R"("size":4)", R"("size":999999999999)")).find("has a side file of") !=
              std::string::npos);
        const std::string large = replaced_in(manifest,
                                              R"("config":{"digest":")" + Sha256::of(document).to_string() +
                                                  R"(","mediaType":")" + document_type + R"(","size":)",
                                              R"("config":{"digest":")" + Sha256::of(document).to_string() +
                                                  R"(","mediaType":")" + document_type + R"(","size":99999)");
        CHECK(told(document, large).find("has a document of") != std::string::npos);
    }
    SECTION("no JSON, or none of ours") {
        CHECK(told("{").find("no JSON object") != std::string::npos);
        CHECK(told("{}").find("holds no step") != std::string::npos);
    }
}
