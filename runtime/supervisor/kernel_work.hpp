// SPDX-License-Identifier: Apache-2.0
// The work that kernels need: the question to the GPU driver, the short tasks that put a variant in place or check it,
// the compile job. Each is a helper process. Used by the engine. transition() decides what an answer means.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "supervisor/helpers.hpp"
#include "supervisor/pod_view.hpp"

namespace tmplbuild::launch {

class KernelWork {
  public:
    struct Asks {
        // A service's environment and program; its kernel's self-test runs with them.
        std::function<const std::vector<std::string>&(std::size_t)> environment;
        std::function<const std::string&(std::size_t)> program;
        // Whether a job that has just ended was killed for memory.
        std::function<bool(bool failed)> killed_for_memory;
    };
    KernelWork(const PodView& pod, Helpers& helpers, const std::vector<std::string>& environment, Asks asks)
        : pod_(pod), helpers_(helpers), environment_(environment), asks_(std::move(asks)) {}

    void ask_gpu();                  // leads to gpu_answered
    void start_task(std::size_t k);  // starts the kernel's first task; leads to kernel_done
    void end_task(std::size_t k, int signal);
    void start_job(std::size_t k);  // leads to kernel_progress and kernel_compiled
    void end_job(std::size_t k);    // what the job prints after this is ignored

  private:
    struct Job {
        pid_t pid = -1;
        std::string result{};  // the line that tells how the job ended
    };
    std::string home() const;
    SpawnRequest task_request(std::size_t k) const;
    void ask_as_service(SpawnRequest& request, std::size_t i) const;
    void take_line(std::size_t k, const std::string& line);
    void job_ended(std::size_t k, const Helpers::End& end);

    const PodView& pod_;
    Helpers& helpers_;
    const std::vector<std::string>& environment_;
    Asks asks_;
    std::map<std::size_t, pid_t> tasks_;                // by kernel; 0: none
    std::map<std::size_t, std::shared_ptr<Job>> jobs_;  // each kernel's present job, or none
};

}  // namespace tmplbuild::launch
