// SPDX-License-Identifier: Apache-2.0
// Brings the account's template at RunPod to what a PodTemplate says: made where there is none of its name, changed
// where it differs, left alone where it does not. Run again after any failure, it never makes a second one. Used by the
// command `runpod`.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "runpod/api.hpp"
#include "runpod/pod_template.hpp"

namespace tmplbuild::runpod {

struct Published {
    enum class Done { made, changed, nothing };
    Done done = Done::nothing;
    std::string id;
    std::vector<std::string> fields{};  // those that differed before; of one that was made, none
};

// What would be done, and to which template: reads only. `id` names the template where the account may have several of
// one name; empty: it is found by its name.
struct Plan {
    Published::Done todo = Published::Done::made;
    std::string id;                     // empty: a new one
    std::vector<std::string> fields{};  // that differ
};
Result<Plan> plan_publish(const Api& api, const PodTemplate& wanted, const std::string& id,
                          const std::stop_token& stop);
Result<Published> publish(const Api& api, const PodTemplate& wanted, const std::string& id,
                          const std::stop_token& stop);

}  // namespace tmplbuild::runpod
