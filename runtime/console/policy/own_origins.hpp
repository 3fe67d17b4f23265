// SPDX-License-Identifier: Apache-2.0
// The origins under which this pod's public ports are reached: RunPod's proxy, loopback, and what CONSOLE_ORIGINS adds.
// They are computed from the pod's environment, never learned from a request. Used by the policy and for links.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console/policy/origin.hpp"

namespace tmplbuild::console {

class OwnOrigins {
  public:
    // `pod_id` is RUNPOD_POD_ID, or empty. `console_origins` is CONSOLE_ORIGINS: origins of the console, and
    // PORT=ORIGIN for other public ports, separated by spaces or commas: "https://pod.example.org
    // 8188=https://comfy.example.org". What cannot be read of it is left out, and said in `notes`, a sentence each.
    static OwnOrigins of(std::string_view pod_id, std::string_view console_origins, std::uint16_t console_port,
                         std::vector<std::string>& notes);

    // The origin of a request that came to the public `port` with this Host header. None: the host is not ours, or it
    // is another port's, and the answer is 421.
    std::optional<Origin> of_request(std::string_view host, std::uint16_t port) const;
    // Where somebody who reaches the public port `here_port` as `here` finds the public `port`. None: nothing leads
    // there (an origin of CONSOLE_ORIGINS that names no such port).
    std::optional<Origin> at_port(const Origin& here, std::uint16_t here_port, std::uint16_t port) const;
    // The address of the public `port` for the pod's log, where no request says how people come: CONSOLE_ORIGINS first,
    // then RunPod's proxy, then loopback.
    Origin for_log(std::uint16_t port) const;

  private:
    std::optional<Origin> of_proxy(std::uint16_t port) const;  // none without RUNPOD_POD_ID

    std::string pod_id_;                                  // lower case
    std::map<std::uint16_t, std::vector<Origin>> named_;  // of CONSOLE_ORIGINS, by public port
};

}  // namespace tmplbuild::console
