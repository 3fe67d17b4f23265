// SPDX-License-Identifier: Apache-2.0
#include "gpuprobe/probe.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "gpu/visible.hpp"
#include "gpuprobe/source_child.hpp"

namespace tmplbuild::gpu {

namespace {

std::optional<std::string> variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Answer bad(const std::string& source, ProbeState state, std::string reason) {
    Answer out;
    out.source = source;
    out.state = state;
    out.reason = std::move(reason);
    return out;
}

Answer judge_child(const std::string& source, const ChildAnswer& child, std::chrono::milliseconds pause) {
    if (auto wrong = bad_end(source, child, pause)) return bad(source, wrong->state, std::move(wrong->reason));
    auto answer = parse_answer(child.text);
    if (!answer) return bad(source, ProbeState::garbage, source + ": " + answer.error().message);
    return std::move(*answer);
}

Answer ask(const std::string& source, Answer (*work)(), std::chrono::milliseconds pause) {
    return judge_child(source, ask_source([work] { return json::canonical(to_json(work())); }, pause), pause);
}

Answer ask_smi(std::chrono::milliseconds pause) {
    const ChildAnswer child = ask_nvidia_smi(SmiQuestion::gpus, pause);
    if (child.kind != ChildAnswer::Kind::ended) return judge_child("nvidia-smi", child, pause);
    Answer answer = parse_smi(child.text, child.code);
    if (answer.state != ProbeState::ok) return answer;
    auto checked = parse_answer(json::canonical(to_json(answer)));
    if (!checked) return bad("nvidia-smi", ProbeState::garbage, "nvidia-smi: " + checked.error().message);
    return std::move(*checked);
}

// Leaves out the GPUs that the pod's variables hide. False where only the driver API can tell which GPUs those are.
bool apply_variables(Answer& answer) {
    const std::size_t all = answer.gpus.size();
    const auto chosen = variable("CUDA_VISIBLE_DEVICES");
    const VisibleGpus seen =
        visible_gpus(answer.gpus, chosen, variable("CUDA_DEVICE_ORDER").value_or("") == "PCI_BUS_ID");
    if (seen.order_unknown) return false;
    answer.gpus = seen.gpus;
    answer.hidden = static_cast<std::int64_t>(all - seen.gpus.size());
    if (!answer.gpus.empty()) return true;
    answer.state = ProbeState::no_gpu;
    answer.reason = chosen ? "CUDA_VISIBLE_DEVICES='" + *chosen + "' leaves none of the " + std::to_string(all) +
                                 " GPUs of this machine"
                           : "its GPU is divided (MIG), and none of its parts is here";
    return true;
}

// NVML also lists GPUs that programs cannot use, since the container may lack libcuda.
void check_compute(Answer& answer, std::chrono::milliseconds pause) {
    const auto child = ask_child(
        [](int fd) {
            std::string problem;
            const bool here = cuda_library_is_here(problem);
            if (!here && ::write(fd, problem.data(), problem.size()) < 0) ::_exit(1);
            if (!here) ::_exit(3);
        },
        pause, 4096);
    if (child.kind != ChildAnswer::Kind::ended || child.code != 3) return;
    answer.state = ProbeState::failed;
    answer.gpus.clear();
    answer.reason = "the GPU is here, but libcuda.so.1 is not (" + child.text +
                    "): NVIDIA_DRIVER_CAPABILITIES must contain 'compute'";
}

}  // namespace

Answer conclude(std::vector<Answer> answers) {
    // Where no source answered, the answer that tells most wins: a crash before a hang before an error; "not installed"
    // comes last.
    const auto rank = [](const Answer& answer) {
        switch (answer.state) {
            case ProbeState::ok:
            case ProbeState::no_gpu:
                return 0;
            case ProbeState::crashed:
                return 1;
            case ProbeState::hangs:
                return 2;
            case ProbeState::garbage:
                return 3;
            case ProbeState::failed:
                return 4;
            case ProbeState::no_driver:
                return 5;
        }
        return 5;
    };
    Answer out;
    if (answers.empty()) return out;
    const auto best = std::min_element(answers.begin(), answers.end(),
                                       [&](const Answer& a, const Answer& b) { return rank(a) < rank(b); });
    out = *best;
    for (const Answer& answer : answers) {
        out.attempts.push_back({answer.source, answer.state, answer.reason});
        if (!out.driver) out.driver = answer.driver;
        if (!out.driver_cuda) out.driver_cuda = answer.driver_cuda;
        out.simulated = out.simulated || answer.simulated;
    }
    return out;
}

static Answer ask_sources(std::chrono::milliseconds pause) {
    std::vector<Answer> answers{ask("nvml", ask_nvml, pause)};
    if (answers.back().state == ProbeState::no_gpu) return conclude(std::move(answers));
    if (answers.back().state == ProbeState::ok) {
        if (apply_variables(answers.back())) {
            if (answers.back().state == ProbeState::ok) check_compute(answers.back(), pause);
            return conclude(std::move(answers));
        }
        // With several kinds of GPU, only the driver API knows which ones the variable's numbers mean.
        Answer cuda = ask("cuda", ask_cuda, pause);
        if (cuda.state == ProbeState::ok) {
            cuda.hidden = static_cast<std::int64_t>(answers.back().gpus.size() - cuda.gpus.size());
            answers.insert(answers.begin(), std::move(cuda));
        } else {
            answers.back().reason =
                "CUDA_VISIBLE_DEVICES counts in CUDA's own order, which could not be asked for: "
                "all GPUs are taken as visible";
            answers.push_back(std::move(cuda));
        }
        return conclude(std::move(answers));
    }
    answers.push_back(ask("cuda", ask_cuda, pause));
    if (answers.back().state == ProbeState::ok || answers.back().state == ProbeState::no_gpu)
        return conclude(std::move(answers));
    answers.push_back(ask_smi(pause));
    if (answers.back().state == ProbeState::ok) apply_variables(answers.back());
    return conclude(std::move(answers));
}

Answer probe_gpus(std::chrono::milliseconds pause) {
    Answer answer = ask_sources(pause);
    // A library that crashed or hung could not declare that it is a stand-in.
    for (const char* name : {"TMPLBUILD_LIBNVML", "TMPLBUILD_LIBCUDA", "TMPLBUILD_NVIDIA_SMI"})
        answer.simulated = answer.simulated || !variable(name).value_or("").empty();
    return answer;
}

}  // namespace tmplbuild::gpu
