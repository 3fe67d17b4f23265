// SPDX-License-Identifier: Apache-2.0
// Any text as a stored proof: what is read must be written and read again as the same, and judged without harm.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "kernel/variant_proof.hpp"

using namespace tmplbuild;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto value = json::parse({reinterpret_cast<const char*>(data), size}, "proof");
    if (!value || !value->is_object()) return 0;
    const auto proof = kernel::variant_proof_from_json(value->get_object());
    if (!proof) {
        if (proof.error().message.empty()) std::abort();
        return 0;
    }
    const auto text = json::canonical(kernel::to_json(*proof));
    const auto again = kernel::variant_proof_from_json(json::parse(text, "proof").value().get_object());
    if (!again || json::canonical(kernel::to_json(*again)) != text) std::abort();
    const auto target = kernel::parse_target("8.9").value();
    if (kernel::judge_variant(*proof, target).reason.empty()) std::abort();
    if (kernel::choose_variant({*proof, *again}, target).judgement.reason.empty()) std::abort();
    return 0;
}
