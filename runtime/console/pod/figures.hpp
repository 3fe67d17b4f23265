// SPDX-License-Identifier: Apache-2.0
// Keeps what the console measures itself: the host's figures, the GPUs' use and the volume's state. The latter two come
// from children with deadlines, started only while somebody watches. Used by the web server. Never touches the volume
// or a driver in this process.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "console/pod/asked_child.hpp"
#include "console/pod/host_figures.hpp"
#include "console/pod/volume.hpp"
#include "gpu/usage.hpp"

namespace tmplbuild::console {

struct FigurePlaces {
    HostPlaces host{};
    std::string volume = "/workspace";
    std::vector<std::string> volume_worker{};  // its command
    std::vector<std::string> gpu_probe{};      // likewise; empty: there is none
    std::vector<std::string> environment{};    // of both
};

class Figures {
  public:
    Figures(boost::asio::io_context& context, FigurePlaces places);

    // What is known now; the host's part is read anew when it is older than a second.
    const HostFigures& host();
    const VolumeFigures& volume() const { return volume_; }
    const std::optional<gpu::Usage>& gpus() const { return gpus_; }

    // Measures now and every few seconds while it is true.
    void set_watched(bool watched);
    std::function<void()> on_change{};

  private:
    void turn();
    void ask_gpus();
    void ask_volume();

    FigurePlaces places_;
    boost::asio::steady_timer timer_;
    AskedChild gpu_child_, volume_child_;
    HostFigures host_{};
    VolumeFigures volume_{};
    std::optional<gpu::Usage> gpus_{};
    std::int64_t host_at_ = 0, volume_at_ = 0;  // 0: never
    bool watched_ = false, turning_ = false;
};

}  // namespace tmplbuild::console
