// SPDX-License-Identifier: Apache-2.0
#include "supervisor/kernel_work.hpp"

#include <csignal>
#include <utility>

#include "base/json.hpp"
#include "supervisor/environment.hpp"

namespace tmplbuild::launch {

namespace {

bool is_python(const std::string& program) { return program.substr(program.rfind('/') + 1).starts_with("python"); }

// A helper's answer, or why it gave none.
std::string words_of(const Helpers::End& end) {
    const std::string text = !end.not_started.empty() ? end.not_started : end.said();
    return text.empty() && end.status != 0 ? describe_status(end.status) : text;
}

}  // namespace

std::string KernelWork::home() const {
    const std::string other = value_in(environment_, "TMPLBUILD_HOME");
    return other.empty() ? "/opt/tmplbuild" : other;
}

void KernelWork::ask_gpu() {
    SpawnRequest request;
    const std::string folder = home() + "/gpu";
    // The probe must find the driver as programs of the pod do, but it has a C library of its own, so nothing may be
    // preloaded.
    const std::string more = value_in(environment_, "LD_LIBRARY_PATH");
    request.argv = {folder + "/ld-linux-x86-64.so.2", "--library-path", folder + (more.empty() ? "" : ":" + more),
                    folder + "/gpu-probe"};
    for (const std::string& entry : environment_)
        if (!entry.starts_with("LD_")) request.environment.push_back(entry);
    request.directory = "/";
    const auto ended = [this](const Helpers::End& end) {
        const bool ok = end.status == 0;
        std::string text = words_of(end);
        if (!ok) text = "the GPU probe: " + text;
        if (ok && text.empty()) text = "the GPU probe said nothing";
        pod_.happen({.kind = Event::Kind::gpu_answered, .ok = ok && !end.said().empty(), .text = text});
    };
    helpers_.start({.name = "gpu", .on_end = ended}, std::move(request));
}

SpawnRequest KernelWork::task_request(std::size_t k) const {
    const KernelTask& task = pod_.state.kernels[k].tasks.front();
    const pod::Kernel& kernel = pod_.spec.kernels[k];
    SpawnRequest request;
    request.directory = "/";
    request.argv = {home() + "/kernel-job"};
    switch (task.kind) {
        case KernelTask::Kind::activate:
            for (const std::string& word :
                 {std::string("activate"), kernel.name, task.directory, task.digest, task.distribution, task.version})
                request.argv.push_back(word);
            break;
        case KernelTask::Kind::deactivate:
            request.argv.insert(request.argv.end(), {"deactivate", kernel.name});
            break;
        case KernelTask::Kind::match:
            request.argv.insert(request.argv.end(), {"match", kernel.name});
            break;
        case KernelTask::Kind::check:
            request.argv = {kernel.python.interpreter, kernel.selftest};
            if (task.service < pod_.spec.services.size()) ask_as_service(request, task.service);
            break;
    }
    return request;
}

void KernelWork::ask_as_service(SpawnRequest& request, std::size_t i) const {
    request.environment = asks_.environment(i);
    if (is_python(asks_.program(i))) request.argv[0] = asks_.program(i);
    if (const std::string& user = pod_.spec.services[i].user; !user.empty())
        if (auto account = find_account(user)) request.account = std::move(*account);
}

void KernelWork::start_task(std::size_t k) {
    const auto ended = [this, k](const Helpers::End& end) {
        tasks_[k] = 0;
        pod_.happen({.kind = Event::Kind::kernel_done,
                     .kernel = k,
                     .code = exit_code_of(end.status),
                     .ok = end.status == 0,
                     .text = words_of(end)});
    };
    const pid_t pid = helpers_.start({.name = pod_.spec.kernels[k].name, .on_end = ended}, task_request(k));
    // If it could not be started, that was reported already, and the next task may run by now.
    if (pid > 0) tasks_[k] = pid;
}

void KernelWork::end_task(std::size_t k, int signal) {
    if (tasks_[k] > 1) ::kill(-tasks_[k], signal);
}

void KernelWork::start_job(std::size_t k) {
    SpawnRequest request;
    request.directory = "/";
    request.argv = {home() + "/kernel-job", "compile", pod_.spec.kernels[k].name, pod_.state.kernels[k].verdict.arch};
    if (pod_.state.kernels[k].ask_anew) request.argv.emplace_back("--again");
    const auto job = jobs_[k] = std::make_shared<Job>();
    const auto is_present = [this, k, job] { return jobs_[k] == job; };  // false once the job was told to end
    job->pid = helpers_.start({.name = pod_.spec.kernels[k].name,
                               .on_end = [=, this](const auto& end) { is_present() ? job_ended(k, end) : void(); },
                               .on_line = [=, this](const auto& line) { is_present() ? take_line(k, line) : void(); }},
                              std::move(request));
}

void KernelWork::end_job(std::size_t k) {
    if (jobs_[k] && jobs_[k]->pid > 1) ::kill(-jobs_[k]->pid, SIGTERM);
    jobs_[k].reset();
}

// The job's lines are JSON objects: progress while it works, the result as the last one.
void KernelWork::take_line(std::size_t k, const std::string& line) {
    const auto value = json::parse(line, "the kernel job's line");
    const auto* object = value ? value->if_object() : nullptr;
    if (object == nullptr) return;
    if (object->contains("ok")) {
        jobs_[k]->result = line;
        return;
    }
    pod_.happen({.kind = Event::Kind::kernel_progress,
                 .kernel = k,
                 .status = static_cast<int>(json::int_or(*object, "seconds_left", -1)),
                 .code = static_cast<int>(json::int_or(*object, "percent", 0)),
                 .text = json::string_or(*object, "words", "")});
}

void KernelWork::job_ended(std::size_t k, const Helpers::End& end) {
    const std::string result = std::exchange(jobs_[k], nullptr)->result;
    Event event{.kind = Event::Kind::kernel_compiled, .kernel = k, .code = exit_code_of(end.status)};
    const auto value = json::parse(result, "the kernel job's result");
    const auto* object = value ? value->if_object() : nullptr;
    if (object != nullptr) {
        event.ok = end.status == 0 && json::bool_or(*object, "ok", false);
        event.text = json::string_or(*object, event.ok ? "directory" : "reason", "");
        event.more = json::string_or(*object, "digest", "");
        event.retry_cause = parse_retry_cause(json::string_or(*object, "retry_cause", ""));
    }
    // The counter of memory kills is read here too, so that the compiler's end is not attributed to a service later.
    const bool for_memory = asks_.killed_for_memory(!event.ok);
    if (event.text.empty()) {
        event.ok = false;
        event.text = "its job ended with no result: " +
                     (end.not_started.empty() ? describe_status(end.status) : end.not_started);
        if (for_memory) event.text = "waiting for memory: its job was killed, since the pod's memory was used up";
        if (for_memory) event.retry_cause = RetryCause::memory;
    }
    pod_.happen(event);
}

}  // namespace tmplbuild::launch
