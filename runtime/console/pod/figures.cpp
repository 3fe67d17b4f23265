// SPDX-License-Identifier: Apache-2.0
#include "console/pod/figures.hpp"

#include "sys/clock.hpp"

namespace tmplbuild::console {

constexpr std::chrono::seconds turn_pause{5};
constexpr std::int64_t host_fresh_ms = 1'000, volume_fresh_ms = 15'000;
constexpr std::chrono::milliseconds volume_deadline{2'000}, gpu_deadline{10'000};

Figures::Figures(boost::asio::io_context& context, FigurePlaces places)
    : places_(std::move(places)), timer_(context), gpu_child_(context), volume_child_(context) {}

const HostFigures& Figures::host() {
    const std::int64_t now = sys::monotonic_ms();
    if (host_at_ == 0 || now - host_at_ > host_fresh_ms) {
        host_ = read_host_figures(places_.host);
        host_at_ = now;
    }
    return host_;
}

void Figures::set_watched(bool watched) {
    watched_ = watched;
    if (watched && !turning_) turn();
}

void Figures::turn() {
    turning_ = watched_;
    if (!watched_) return;
    ask_gpus();
    ask_volume();
    if (on_change) on_change();  // the host's figures are new in any case
    timer_.expires_after(turn_pause);
    timer_.async_wait([this](boost::system::error_code error) {
        if (!error) turn();
    });
}

void Figures::ask_gpus() {
    if (places_.gpu_probe.empty() || gpu_child_.is_busy()) return;
    ChildQuestion question{.argv = places_.gpu_probe, .environment = places_.environment};
    question.deadline = gpu_deadline;
    question.limit = gpu::answer_limit;
    gpu_child_.ask(question, [this](const ChildEnd& end) {
        auto usage = end.ok() ? gpu::parse_usage(end.text) : Result<gpu::Usage>(build_error("the probe failed"));
        std::optional<gpu::Usage> now;
        if (usage && usage->state == gpu::ProbeState::ok) now = std::move(*usage);
        if (now == gpus_) return;
        gpus_ = std::move(now);
        if (on_change) on_change();
    });
}

void Figures::ask_volume() {
    const std::int64_t now = sys::monotonic_ms();
    const bool fresh = volume_at_ != 0 && now - volume_at_ < volume_fresh_ms && volume_.state == "ok";
    if (fresh || volume_child_.is_busy()) return;
    ChildQuestion question{.argv = places_.volume_worker, .environment = places_.environment};
    question.deadline = volume_deadline;
    volume_child_.ask(question, [this](const ChildEnd& end) {
        volume_at_ = sys::monotonic_ms();
        VolumeFigures found = judge_volume(end.text, end.late, places_.volume);
        if (found == volume_) return;
        volume_ = std::move(found);
        if (on_change) on_change();
    });
}

}  // namespace tmplbuild::console
