// SPDX-License-Identifier: Apache-2.0
// What workers get of the pod's environment.
#include "console/pod/workers.hpp"
#include "support/catch.hpp"

namespace tmplbuild::console {

TEST_CASE("a worker that answers with what a file names gets no secret") {
    // extra_model_paths.yaml may name any variable in a path, and the page shows the path.
    CHECK(without_secrets({"PATH=/bin", "HF_TOKEN=hf_x", "RUNPOD_API_KEY=rpa_x", "HF_HOME=/workspace/hf", "ODD"}) ==
          std::vector<std::string>{"PATH=/bin", "HF_HOME=/workspace/hf", "ODD"});
}

}  // namespace tmplbuild::console
