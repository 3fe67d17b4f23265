// SPDX-License-Identifier: Apache-2.0
// The pod as pages, the API and each event show it: the answer of GET /api/installation-status, made from the
// launcher's snapshot and from what the console measured. docs/console.md lists the members. Pure; what is not known is
// null or "unknown".
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "console/pod/host_figures.hpp"
#include "console/pod/volume.hpp"
#include "gpu/usage.hpp"
#include "podspec/pod_spec.hpp"
#include "status/snapshot.hpp"

namespace tmplbuild::console {

// How the console stands with the launcher.
struct LauncherState {
    enum class Kind {
        connected,
        lost,     // nobody listens on its socket
        hanging,  // it takes connections and does not answer
    } kind = Kind::lost;
    status::UnixMs since = 0;
    std::string reason{};  // in words; empty when connected
    bool operator==(const LauncherState&) const = default;
};
const char* to_string(LauncherState::Kind kind);

struct ViewFacts {
    const status::Snapshot* snapshot = nullptr;  // the latest; null: none came yet
    LauncherState launcher{};
    HostFigures host{};
    VolumeFigures volume{};
    std::optional<gpu::Usage> gpus{};  // none: not measured
    const pod::PodSpec* spec = nullptr;
    std::string pod_id{};  // RUNPOD_POD_ID, else empty
    status::UnixMs now = 0;
    // The origin under which whoever looks finds a public port: "https://abc-8188.proxy.runpod.net".
    std::function<std::optional<std::string>(std::uint16_t port)> origin_of{};
};

json::object view_of(const ViewFacts& facts);

// The page of a service that people open in a browser; none where it has no port, or one of another kind (SSH).
std::optional<std::string> link_of(const pod::Service& service, const ViewFacts& facts);

}  // namespace tmplbuild::console
