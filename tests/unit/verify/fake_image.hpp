// SPDX-License-Identifier: Apache-2.0
// A small image with a kernel: the layers of fake_layers.hpp, one variant, pod.json and the annotation. Every file can
// be changed before it is built, so that a test can break one thing. Used by the tests of verify.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "kernel/variant_proof.hpp"
#include "oci/image.hpp"
#include "pack/entry_set.hpp"
#include "podspec/pod_spec.hpp"
#include "support/catch.hpp"
#include "verify/fake_layers.hpp"
#include "verify/verify.hpp"

namespace tmplbuild::fake {

struct Image {
    sys::TempDirectory folder =
        sys::TempDirectory::make(std::filesystem::temp_directory_path(), "verify-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    Layer base = base_layer(), venv = venv_layer();
    Module module = good_module();
    Layer variant{};              // beside the module
    std::string packed_module{};  // in place of the module that was proven; empty: that one
    bool without_module = false;
    std::string annotation{}, pod{};  // in place of the right ones
    std::vector<std::string> needs{};
    std::map<std::string, std::string> environment = {{"PATH", "/usr/bin:/bin"}};
    std::string torch_built = "2.11.0";

    BuiltLayer pack(const Layer& layer) const {
        EntrySet set;
        for (const auto& [path, file] : layer) {
            if (file.is_link)
                REQUIRE(set.add({.path = path, .type = EntryType::symlink, .mode = 0777, .link = file.content}, {}));
            else
                REQUIRE(set.add({.path = path, .mode = file.mode}, file.content));
        }
        return set.write(store, {Compression::zstd, "test"}).value();
    }

    kernel::VariantProof proof() const {
        kernel::VariantRequest request{.kernel = "tiny",
                                       .arch = {89, 0},
                                       .toolkit = {13, 0, 0},
                                       .modules = {{"tiny/_a.so", {{8, 9}}, false}},
                                       .targets = {kernel::parse_target("RTX 4090").value()},
                                       .torch = torch_built};
        const std::string bytes = module.bytes();
        return kernel::prove_variant(request, std::vector<kernel::VariantFile>{{"tiny/_a.so", make::as_bytes(bytes)}});
    }

    std::string pod_json() const {
        pod::PodSpec spec;
        spec.name = "test";
        pod::Kernel kernel;
        kernel.name = "tiny";
        kernel.env_var = "INSTALL_TINY";
        kernel.needs = needs;
        kernel.variants.push_back(
            {"89", "/" + variant_folder, Sha256::of("key").to_string(), json::canonical(kernel::to_json(proof()))});
        spec.kernels.push_back(std::move(kernel));
        return pod::write_pod_spec(spec);
    }

    oci::Image assemble() const {
        Layer files = variant;
        if (!without_module)
            files[variant_folder + "/tiny/_a.so"] = {packed_module.empty() ? module.bytes() : packed_module, 0755};
        files[variant_folder + "/tiny/__init__.py"] = {"\n"};
        oci::ImageSpec spec;
        spec.layers = {pack(base), pack(venv), pack(files),
                       pack({{"opt/tmplbuild/pod.json", {pod.empty() ? pod_json() : pod}}})};
        spec.environment = environment;
        spec.annotations[kernels_annotation] =
            annotation.empty() ? json::canonical(json::array{kernel::to_json(proof())}) : annotation;
        return oci::assemble_image(store, spec).value();
    }

    Verification verify() const {
        const oci::Image image = assemble();
        return verify_image(oci::ImageSource::of_store(store, image.manifest_digest).value(), &store, {}).value();
    }
};

// One line a finding: "wrong: where: message".
inline std::string told(const Verification& result) {
    std::string out;
    for (const Finding& finding : result.all_findings())
        out += std::string(to_string(finding.weight)) + ": " + (finding.where.empty() ? "" : finding.where + ": ") +
               finding.message + "\n";
    return out;
}

}  // namespace tmplbuild::fake
