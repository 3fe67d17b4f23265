// SPDX-License-Identifier: Apache-2.0
// Every row of tests/pid1/kernel_modes.table as transitions: the test plays the probe, the helpers and the job, on a
// clock of its own. tests/pid1/kernel_modes.sh runs some of the rows as pods.
#include <fstream>
#include <map>
#include <sstream>

#include "gpu/answer.hpp"
#include "supervisor/kernel_pod.hpp"
#include "supervisor/snapshot_of.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::launch;

namespace {

using Columns = std::vector<std::string>;

std::vector<std::string> split_at(const std::string& text, char mark) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, mark);) {
        part.erase(0, std::min(part.find_first_not_of(' '), part.size()));
        part.erase(part.find_last_not_of(' ') + 1);
        out.push_back(part);
    }
    return out;
}

// The lines of one kind, without that word.
std::vector<Columns> lines_of(const std::string& kind) {
    std::ifstream in(std::string(TEST_DATA) + "/pid1/kernel_modes.table");
    std::vector<Columns> out;
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(kind + " ")) out.push_back(split_at(line.substr(kind.size()), '|'));
    return out;
}

// "NVIDIA L4=8.9=24=mig2"
gpu::SeenGpu gpu_of(const std::string& text, int index) {
    const auto part = split_at(text, '=');
    gpu::SeenGpu out{.index = index, .name = part.at(0), .capability = kernel::Capability::parse(part.at(1)).value()};
    out.mig = part.size() > 3;
    if (out.mig) out.parts.resize(static_cast<std::size_t>(std::stoi(part[3].substr(3))), "MIG-1");
    return out;
}

// What the real probe says when it meets this, as tests/pid1/gpu_probe.sh finds it.
gpu::Answer answer_to(const Columns& meets) {
    const std::string& fault = meets.at(2);
    gpu::Answer out;
    const auto bad = [&](gpu::ProbeState state, const std::string& reason) {
        out.state = state;
        out.reason = reason;
        return out;
    };
    if (fault == "absent")
        return bad(gpu::ProbeState::no_driver, "no NVIDIA driver here: libnvidia-ml.so.1 is not in this container");
    if (fault.find("smi-hangs") != std::string::npos)
        return bad(gpu::ProbeState::hangs, "nvml did not answer within 1 s");
    if (fault.find("smi-crashes") != std::string::npos)
        return bad(gpu::ProbeState::crashed, "nvml ended the process that asked it, with signal 11");
    if (fault.find("smi-garbage") != std::string::npos)
        return bad(gpu::ProbeState::garbage, "NVML says that there are 4000000000 GPUs");
    const auto versions = split_at(meets.at(3), ' ');
    out.driver = kernel::Version::parse(versions.at(0)).value();
    const int cuda = std::stoi(versions.at(1));
    out.driver_cuda = kernel::Version{cuda / 1000, cuda % 1000 / 10, 0};
    out.simulated = true;
    for (const std::string& text : split_at(meets.at(1), ';'))
        if (!text.empty()) out.gpus.push_back(gpu_of(text, static_cast<int>(out.gpus.size())));
    std::erase_if(out.gpus, [](const gpu::SeenGpu& seen) { return seen.mig && seen.parts.empty(); });
    if (meets.at(1).empty()) return bad(gpu::ProbeState::no_gpu, "the driver shows no GPU");
    if (out.gpus.empty())
        return bad(gpu::ProbeState::no_gpu, "its GPU is divided (MIG), and none of its parts is here");
    out.state = gpu::ProbeState::ok;
    return out;
}

// A pod whose world does what it is asked to, and well.
class PlayedPod {
  public:
    PlayedPod(const std::string& mode, const Columns& meets) {
        pod::Kernel& kernel = pod_.spec.kernels[0];
        kernel.distribution = "attention";
        kernel.version = "2.2.0";
        pod_.spec.services[0].on_kernel_ready = pod::OnKernelReady::restart_when_idle;
        const auto choice = gpu::choose_install(kernel, mode);
        kernel.install = choice.mode;
        complaint_ = choice.complaint;
        pod_.start();
        // The first two sources hang for six seconds each, and services wait for ten.
        if (meets.at(2) == "nvml-hangs,cuda-hangs") come_to_rest_until(12'000);
        if (meets.at(2) == "probe-missing")
            pod_.probe("the GPU probe: no such program", false);
        else if (meets.at(2) == "probe-garbage")
            pod_.probe("Segmentation fault (core dumped)");
        else
            pod_.probe(json::canonical(gpu::to_json(answer_to(meets))));
        come_to_rest_until(120'000);
    }

    status::Snapshot snapshot() const { return snapshot_of(pod_.spec, pod_.state, {pod_.now, pod_.now, 0}); }
    std::string runs_with() const {
        if (!pod_.runs()) return "nothing";
        const ServiceState& app = pod_.state.services[0];
        return app.with_kernel ? "kernel" : app.without_gpu ? "cpu" : "plain";
    }
    int starts() const { return static_cast<int>(pod_.state.services[0].starts); }
    int compiles() const { return pod_.count(Action::Kind::kernel_compile); }
    // What the link names, and what pip sees: an earlier life of the container has left 2.1.0.
    std::string active() const { return pod_.taken_away > taken_away_before_ ? "none" : active_; }
    std::string pip() const { return pod_.taken_away > taken_away_before_ ? "-" : pip_; }
    const std::string& complaint() const { return complaint_; }
    bool was_active() const { return was_active_; }

  private:
    void come_to_rest_until(Time ms) {
        const Time end = pod_.now + ms;
        for (;;) {
            was_active_ = was_active_ || pod_.kernel().phase == KernelPhase::active;
            if (play_one()) continue;
            if (next_due(pod_.state) > end) break;
            pod_.wait(next_due(pod_.state) - pod_.now);
        }
        pod_.now = std::max(pod_.now, end);
    }
    bool something_to_play() const {
        const ServiceState& app = pod_.state.services[0];
        return !pod_.kernel().tasks.empty() || pod_.kernel().compiling || app.asking_idle ||
               (app.phase == Phase::stopping && app.pid != 0);
    }
    bool play_one() {
        if (!something_to_play()) return false;
        if (!pod_.kernel().tasks.empty()) {
            const KernelTask task = pod_.kernel().tasks.front();
            if (task.kind == KernelTask::Kind::activate) {
                active_ = task.directory == "/v89" ? "variant" : "built";
                pip_ = task.version;
                taken_away_before_ = pod_.taken_away;
            }
            pod_.task(true);
        } else if (pod_.kernel().compiling) {
            pod_.compiled(true, "/home/kernels/attention/built-1");
        } else if (pod_.state.services[0].asking_idle) {
            pod_.happen({.kind = Event::Kind::idle_answered, .ok = true});
        } else {
            pod_.exit(0, 0);
        }
        return true;
    }

    Pod pod_;
    std::string complaint_, active_ = "none", pip_ = "2.1.0";
    int taken_away_before_ = 0;
    bool was_active_ = false;
};

}  // namespace

TEST_CASE("every row of the table of modes and answers, as transitions") {
    std::map<std::string, Columns> answers;
    for (const Columns& line : lines_of("answer")) answers[line.at(0)] = line;
    std::map<std::string, int> rows_of_answer, rows_of_mode;
    for (const Columns& row : lines_of("row")) {
        REQUIRE(row.size() == 10);
        INFO("INSTALL_ATTENTION=" << row[0] << ", " << row[1]);
        ++rows_of_mode[row[0]];
        ++rows_of_answer[row[1]];
        const Columns& meets = answers.at(row[1]);
        const PlayedPod pod(row[0], meets);
        const status::Snapshot seen = pod.snapshot();
        const status::Kernel& kernel = seen.kernels.at(0);
        CHECK(seen.host.state == meets.at(4));
        CHECK_THAT(seen.host.reason, Catch::Matchers::Contains(meets.at(5)));
        CHECK(kernel.state == row[2]);
        CHECK((kernel.verdict.empty() ? "-" : kernel.verdict) == row[3]);
        CHECK(pod.runs_with() == row[4]);
        CHECK(std::to_string(pod.starts()) == row[5]);
        CHECK(std::to_string(pod.compiles()) == row[6]);
        CHECK(pod.active() == row[7]);
        CHECK(pod.pip() == row[8]);
        CHECK_THAT(kernel.reason, Catch::Matchers::Contains(row[9]));
        // A stand-in for a driver is called one, and proves nothing; who needs no kernel waits for none.
        CHECK_FALSE(pod.was_active());
        if (kernel.state == "available") CHECK((kernel.simulated && seen.host.simulated));
        CHECK(seen.services.at(1).state == "ready");
        CHECK(seen.services.at(1).since == 1000);
        CHECK(pod.complaint().empty() == (row[0] != "perhaps"));
    }
    CHECK(rows_of_answer.size() == answers.size());
    CHECK(rows_of_answer.size() >= 17);
    for (const char* mode : {"background", "true", "perhaps"}) CHECK(rows_of_mode[mode] > 0);
}
