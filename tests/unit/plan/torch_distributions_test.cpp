// SPDX-License-Identifier: Apache-2.0
#include "plan/torch_distributions.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

TEST_CASE(
    "what a pod's constraints hold in place is bound to torch's build, what a compile sees is all that torch has") {
    struct Row {
        const char* name;
        bool bound, seen;
    };
    const Row rows[] = {
        {"torch", true, true},          {"triton", true, true},
        {"pytorch-triton", true, true}, {"nvidia-cudnn-cu13", true, true},
        {"cuda-bindings", true, true},  {"torchvision", true, false},
        {"torchaudio", true, false},    {"numpy", false, true},
        {"pybind11", false, true},      {"torchsde", false, false},
        {"requests", false, false},
    };
    for (const Row& row : rows) {
        INFO(row.name);
        CHECK(is_bound_to_torch(row.name) == row.bound);
        CHECK(is_seen_with_torch(row.name) == row.seen);
    }
}
