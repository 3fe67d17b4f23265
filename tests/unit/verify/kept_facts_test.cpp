// SPDX-License-Identifier: Apache-2.0
// The proof of an image whose layers are not here: from the indexes and module facts that were kept beside them.
#include <algorithm>

#include "verify/fake_image.hpp"
#include "verify/image_content.hpp"

using namespace tmplbuild;
using namespace tmplbuild::fake;

namespace {

// Says of every blob that it is there, and opens those that the store has.
class ClaimingPlace : public oci::Place {
  public:
    explicit ClaimingPlace(const Store& store) : stored_(oci::store_place(store)) {}
    std::string name() const override { return stored_->name(); }
    Result<std::vector<oci::Descriptor>> images(const std::string& tag) const override { return stored_->images(tag); }
    Result<std::uint64_t> size(const oci::Descriptor& wanted) const override { return wanted.size; }
    Result<oci::Blob> open(const oci::Descriptor& wanted) const override { return stored_->open(wanted); }

  private:
    std::unique_ptr<oci::Place> stored_;
};

struct Kept {
    fake::Image image{};
    oci::Image built = image.assemble();

    oci::ImageSource source() const {
        return oci::ImageSource::of(std::make_unique<ClaimingPlace>(image.store), built.manifest_digest,
                                    built.manifest.size())
            .value();
    }
    // All layers but that of pod.json, which a build always makes itself.
    void remove_layers() const {
        for (std::size_t i = 0; i + 1 < built.layers.size(); ++i)
            std::filesystem::remove(image.store.blob_path(built.layers[i].digest));
    }
    json::object proven() const {
        const oci::ImageSource from = source();
        json::object out = verify_content(from, read_built_content(from, image.store, {}).value()).to_json();
        out.erase("layers_read");
        return out;
    }
};

}  // namespace

TEST_CASE("the proof from kept facts is the proof from the bytes") {
    Kept kept;
    for (const BuiltLayer& layer : kept.built.layers) {
        REQUIRE(keep_side_files(kept.image.store, layer, {}));
        CHECK(has_side_files(kept.image.store, layer));
    }
    const json::object from_bytes = kept.proven();
    CHECK(json::get_string(from_bytes, "answer").value() == "yes");
    kept.remove_layers();
    const oci::ImageSource from = kept.source();
    CHECK(read_built_content(from, kept.image.store, {}).value().layers_read == 1);
    CHECK(json::pretty(kept.proven()) == json::pretty(from_bytes));
    // `verify` takes nobody's word for a module.
    CHECK(!read_image_content(from, &kept.image.store, {}));
}

TEST_CASE("what the kept facts say is judged as the bytes would be") {
    Kept kept;
    make::Sym missing{};
    missing.name = "nobody_has_this";
    kept.image.module.library.symbols.push_back(missing);
    kept.built = kept.image.assemble();
    for (const BuiltLayer& layer : kept.built.layers) REQUIRE(keep_side_files(kept.image.store, layer, {}));
    kept.remove_layers();
    const oci::ImageSource from = kept.source();
    CHECK(told(verify_content(from, read_built_content(from, kept.image.store, {}).value())).find("nobody_has_this") !=
          std::string::npos);
}

TEST_CASE("kept facts that cannot be read, or belong to a layer that is here, do not count") {
    Kept kept;
    for (const BuiltLayer& layer : kept.built.layers) REQUIRE(keep_side_files(kept.image.store, layer, {}));
    const BuiltLayer& variant = kept.built.layers[2];
    for (const char* text :
         {"", "[]", "{}", R"({"modules":[1]})", R"({"modules":[{"path":"x","elf":{},"code":{}}]})"}) {
        CAPTURE(text);
        kept.image.store.put_side_file(module_facts_kind(), variant.digest, text).value();
        CHECK(json::get_string(kept.proven(), "answer").value() == "yes");
    }
    std::filesystem::remove(kept.image.store.blob_path(variant.digest));
    CHECK(!read_built_content(kept.source(), kept.image.store, {}));
}
