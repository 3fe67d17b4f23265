// SPDX-License-Identifier: Apache-2.0
// Does an image keep what it promises about its kernels? Everything is determined again from the image's bytes: what
// device code each module holds and which GPUs run it, whether the dynamic linker would find every library and symbol,
// and what the recipe needs at run time; the annotation and pod.json must say the same. `tmplbuild verify` prints the
// result, and every build of an image with kernels asks for it before anything is written. Never starts a program of
// the image.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/own_names.hpp"
#include "kernel/variant_proof.hpp"
#include "oci/image_source.hpp"
#include "store/store.hpp"

namespace tmplbuild {

// Annotation whose value is the JSON array of the variants' proofs, canonical.
inline constexpr const char* kernels_annotation = "dev.tmplbuild.kernels";
static_assert(std::string_view(kernels_annotation).starts_with(own_annotations));

struct Finding {
    enum class Weight {
        wrong,    // the image does not keep its promise
        unknown,  // it cannot be told from the bytes
        note,     // worth knowing
    };
    Weight weight = Weight::wrong;
    std::string where;    // a file, a kernel: "sageattention/_fused.so"; may be empty
    std::string message;  // no final dot
    std::string hint;     // what to do; may be empty
    bool operator==(const Finding&) const = default;
};
const char* to_string(Finding::Weight weight);

struct VerifiedVariant {
    kernel::VariantProof proof;  // made now, from the bytes
    std::string directory;       // of the variant in the image
    std::string key;             // its cache key, as pod.json says it
    std::size_t symbols = 0;     // undefined ones of its modules, weak ones left out, that were looked up
    std::vector<Finding> findings;
};

struct Verification {
    Digest image;
    std::vector<VerifiedVariant> variants;  // in pod.json's order
    std::vector<Finding> findings;          // of the image as a whole
    std::size_t layers = 0, layers_read = 0;

    // 0: it keeps its promises, 1: it does not, 5: that cannot be determined.
    int exit_code() const;
    std::vector<Finding> all_findings() const;
    json::object to_json() const;
};

// The same for an image that is already read.
struct ImageContent;
Verification verify_content(const oci::ImageSource& image, const ImageContent& content);

// `store` keeps the indexes of layers; nullptr: every layer is read. An error only where the image cannot be read at
// all, or a layer is damaged.
Result<Verification> verify_image(const oci::ImageSource& image, const Store* store, const std::stop_token& stop);

}  // namespace tmplbuild
