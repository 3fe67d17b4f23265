// SPDX-License-Identifier: Apache-2.0
#include "engine/prove_image.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

TEST_CASE("what all variants of a kernel lack is one error, and what one lacks another") {
    const Finding need{Finding::Weight::wrong, "norm", "needs \"cc\" when it runs", "add gcc"};
    const Finding cut{Finding::Weight::wrong, "norm/_norm.so", "is cut off", ""};
    const Finding note{Finding::Weight::note, "norm", "worth a word", ""};
    Verification result;
    for (const char* arch : {"8.9", "9.0a", "12.0"}) {
        VerifiedVariant variant;
        variant.proof.kernel = "norm";
        variant.proof.arch = kernel::Arch::parse(arch).value();
        variant.findings = {need, note};
        result.variants.push_back(variant);
    }
    result.variants[1].findings.push_back(cut);
    result.variants.push_back(result.variants[0]);
    result.variants[3].proof.kernel = "other";
    const std::vector<Error> errors = errors_of(result);
    REQUIRE(errors.size() == 3);
    CHECK(errors[0].to_string() ==
          "error: norm: needs \"cc\" when it runs\n  while proving the variants sm_89, sm_90a, sm_120 of norm\n"
          "  hint: add gcc");
    CHECK(errors[1].to_string() == "error: norm/_norm.so: is cut off\n  while proving the variant sm_90a of norm");
    CHECK(errors[2].doing[0] == "proving the variant sm_89 of other");
}
