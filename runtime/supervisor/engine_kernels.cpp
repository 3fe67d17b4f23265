// SPDX-License-Identifier: Apache-2.0
// The processes that kernels need: the GPU probe, helpers that put a variant in place or check it, the compile job, the
// question whether a service is idle. None of them is waited for.
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/json.hpp"
#include "base/text.hpp"
#include "supervisor/engine_class.hpp"

namespace tmplbuild::launch {

namespace {

constexpr std::size_t helper_text_limit = gpu::answer_limit;

bool is_python(const std::string& program) { return program.substr(program.rfind('/') + 1).starts_with("python"); }

}  // namespace

std::string last_line(const std::string& text) {
    std::string out;
    for (const std::string& line : split(text, '\n'))
        if (!trim(line).empty()) out = trim(line);
    return out;
}

std::string Engine::home() const {
    const std::string other = given("TMPLBUILD_HOME");
    return other.empty() ? "/opt/tmplbuild" : other;
}

// The pod's INSTALL_ variables, before anything starts.
void Engine::choose_modes() {
    for (pod::Kernel& kernel : spec_.kernels) {
        const auto choice = gpu::choose_install(kernel, given(kernel.env_var));
        kernel.install = choice.mode;
        if (!choice.complaint.empty()) spec_.notes.push_back(choice.complaint);
    }
}

// `active` names an empty folder until a variant is switched on: a Python that is started before, and looks there once
// in vain, looks again. Where /run cannot be written the switch will say so.
void Engine::lay_kernel_places() {
    for (const pod::Kernel& kernel : spec_.kernels) {
        if (kernel.name.empty() || kernel.name[0] == '.' || kernel.name.find('/') != std::string::npos) continue;
        const std::string folder = "/run/tmplbuild/kernels/" + kernel.name;
        for (const std::string& path :
             {std::string("/run/tmplbuild"), std::string("/run/tmplbuild/kernels"), folder, folder + "/none"})
            ::mkdir(path.c_str(), 0755);
        if (::symlink("none", (folder + "/active").c_str()) != 0)
            continue;  // a variant of an earlier start, or no place
    }
}

// `name` empty: every kernel of the pod.
Result<std::string> Engine::command_kernels(const control::Request& request) {
    if (state_.mode != Mode::running) return usage_error("the pod is stopping");
    const bool retry = request.kind == control::Request::Kind::kernel_retry;
    std::vector<std::string> names, done;
    for (std::size_t k = 0; k < spec_.kernels.size(); ++k) {
        const std::string& name = spec_.kernels[k].name;
        names.push_back(name);
        if (!request.name.empty() && request.name != name) continue;
        if (retry && spec_.kernels[k].install == pod::InstallMode::off)
            return usage_error("'" + name + "' is off, since " + spec_.kernels[k].env_var + " is off");
        say(name, retry ? "a person asked for another try" : "a person switched it off");
        happen({.kind = retry ? Event::Kind::kernel_retry : Event::Kind::kernel_off, .kernel = k});
        done.push_back("'" + name + "' is " + to_string(state_.kernels[k].phase));
    }
    if (!done.empty()) return join(done, ", ");
    if (names.empty()) return usage_error("this pod has no kernels");
    return usage_error("'" + request.name + "' is not a kernel of this pod; there is " + join(names, ", "));
}

void Engine::start_helper(Helper helper, SpawnRequest request) {
    if (request.environment.empty()) request.environment = options_.environment;
    auto spawned = spawn(request);
    if (!spawned) return helper_ended(-1, helper, 127 << 8, spawned.error().message);
    helper.out = spawned->out;
    helper.err = spawned->err;
    helper.report = spawned->report;
    const pid_t pid = spawned->pid;
    helpers_.emplace(pid, std::move(helper));
    poller_.watch(spawned->out, EPOLLIN, [this, pid] { read_helper(pid, false); });
    poller_.watch(spawned->err, EPOLLIN, [this, pid] { read_helper(pid, true); });
}

void Engine::read_helper(pid_t pid, bool errors) {
    const auto found = helpers_.find(pid);
    if (found == helpers_.end()) return;
    Helper& helper = found->second;
    int& fd = errors ? helper.err : helper.out;
    std::array<char, 16384> text{};
    const ssize_t got = ::read(fd, text.data(), text.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    const auto take = [&](std::string& block) { log_.output(helper.name, block); };
    if (got <= 0) {
        poller_.forget(fd);
        ::close(fd);
        fd = -1;
        return errors ? helper.lines.flush(take) : void();
    }
    const std::string_view part(text.data(), static_cast<std::size_t>(got));
    if (errors) return helper.lines.feed(part, log_.mask(), now_ms(), take);
    if (helper.text.size() < helper_text_limit) helper.text += part;
    if (helper.kind == Helper::Kind::compile) read_progress(helper);
}

// The job's lines are JSON objects: progress while it works, the result as the last one.
void Engine::read_progress(Helper& helper) {
    for (std::size_t end = helper.text.find('\n'); end != std::string::npos; end = helper.text.find('\n')) {
        const std::string line = helper.text.substr(0, end);
        helper.text.erase(0, end + 1);
        const auto value = json::parse(line, "the kernel job's line");
        const auto* object = value ? value->if_object() : nullptr;
        if (object == nullptr) continue;
        if (object->contains("ok")) {
            helper.result = line;
            continue;
        }
        happen({.kind = Event::Kind::kernel_progress,
                .kernel = helper.kernel,
                .status = static_cast<int>(json::int_or(*object, "seconds_left", -1)),
                .code = static_cast<int>(json::int_or(*object, "percent", 0)),
                .text = json::string_or(*object, "words", "")});
    }
}

bool Engine::on_helper_exit(pid_t pid, int status) {
    const auto found = helpers_.find(pid);
    if (found == helpers_.end()) return false;
    for (int part = 0; part < 64 && found->second.out >= 0; ++part) read_helper(pid, false);
    for (int part = 0; part < 64 && found->second.err >= 0; ++part) read_helper(pid, true);
    Helper helper = std::move(found->second);
    helpers_.erase(found);
    std::array<char, 1024> why{};
    const ssize_t got = ::read(helper.report, why.data(), why.size());
    for (const int fd : {helper.out, helper.err, helper.report}) {
        if (fd < 0) continue;
        poller_.forget(fd);
        ::close(fd);
    }
    helper_ended(pid, helper, status, got > 0 ? std::string(why.data(), static_cast<std::size_t>(got)) : std::string());
    return true;
}

void Engine::helper_ended(pid_t pid, const Helper& helper, int status, const std::string& not_started) {
    const bool ok = status == 0;
    const std::string said = last_line(helper.text);
    std::string text = !not_started.empty() ? not_started : said;
    if (text.empty() && !ok) text = describe_status(status);
    const int code = exit_code_of(status);
    switch (helper.kind) {
        case Helper::Kind::probe:
            if (!ok) text = "the GPU probe: " + text;
            if (ok && text.empty()) text = "the GPU probe said nothing";
            return happen({.kind = Event::Kind::gpu_answered, .ok = ok && !said.empty(), .text = text});
        case Helper::Kind::task:
            task_pids_[helper.kernel] = 0;
            return happen(
                {.kind = Event::Kind::kernel_done, .kernel = helper.kernel, .code = code, .ok = ok, .text = text});
        case Helper::Kind::compile:
            break;
    }
    if (compile_pids_[helper.kernel] != pid) return;  // it was told to end, or another has begun since
    compile_pids_[helper.kernel] = 0;
    Event event{.kind = Event::Kind::kernel_compiled, .kernel = helper.kernel, .code = code};
    const auto value = json::parse(helper.result, "the kernel job's result");
    const auto* object = value ? value->if_object() : nullptr;
    if (object != nullptr) {
        event.ok = ok && json::bool_or(*object, "ok", false);
        event.text = json::string_or(*object, event.ok ? "directory" : "reason", "");
        event.more = json::string_or(*object, "digest", "");
        event.hindrance = parse_hindrance(json::string_or(*object, "hindrance", ""));
    }
    // The counter is read for its compiler's end too, which is not to be taken for a service's later.
    const bool for_memory = memory_.on_exit(!event.ok, now_ms());
    if (event.text.empty()) {
        event.ok = false;
        event.text = "its job ended with no result: " + (not_started.empty() ? describe_status(status) : not_started);
        if (for_memory) event.text = "waiting for memory: its job was killed, since the pod's memory was used up";
        if (for_memory) event.hindrance = Hindrance::memory;
    }
    happen(event);
}

void Engine::ask_gpu() {
    SpawnRequest request;
    const std::string folder = home() + "/gpu";
    // As programs of the pod would find the driver; but its C library is its own, and nothing is preloaded into it.
    const std::string more = given("LD_LIBRARY_PATH");
    request.argv = {folder + "/ld-linux-x86-64.so.2", "--library-path", folder + (more.empty() ? "" : ":" + more),
                    folder + "/gpu-probe"};
    for (const std::string& entry : options_.environment)
        if (!entry.starts_with("LD_")) request.environment.push_back(entry);
    request.directory = "/";
    start_helper({.kind = Helper::Kind::probe, .name = "gpu"}, std::move(request));
}

void Engine::start_kernel_task(std::size_t k) {
    const KernelTask& task = state_.kernels[k].tasks.front();
    const pod::Kernel& kernel = spec_.kernels[k];
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
            if (task.service >= spec_.services.size()) break;
            request.environment = live_[task.service].environment;
            if (is_python(live_[task.service].expanded.command[0]))
                request.argv[0] = live_[task.service].expanded.command[0];
            if (const std::string& user = spec_.services[task.service].user; !user.empty())
                if (auto account = find_account(user)) request.account = std::move(*account);
            break;
    }
    start_helper({.kind = Helper::Kind::task, .name = kernel.name, .kernel = k}, std::move(request));
    for (const auto& [pid, helper] : helpers_)
        if (helper.kind == Helper::Kind::task && helper.kernel == k) task_pids_[k] = pid;
}

void Engine::end_kernel_task(std::size_t k, int signal) {
    if (task_pids_[k] > 1) ::kill(-task_pids_[k], signal);
}

void Engine::start_kernel_job(std::size_t k) {
    SpawnRequest request;
    request.directory = "/";
    request.argv = {home() + "/kernel-job", "compile", spec_.kernels[k].name, state_.kernels[k].verdict.arch};
    if (state_.kernels[k].ask_anew) request.argv.emplace_back("--again");
    compile_pids_[k] = -1;  // one that cannot be started answers at once
    start_helper({.kind = Helper::Kind::compile, .name = spec_.kernels[k].name, .kernel = k}, std::move(request));
    for (const auto& [pid, helper] : helpers_)
        if (helper.kind == Helper::Kind::compile && helper.kernel == k) compile_pids_[k] = pid;
}

void Engine::end_kernel_job(std::size_t k) {
    if (compile_pids_[k] > 1) ::kill(-compile_pids_[k], SIGTERM);
    compile_pids_[k] = 0;
}

void Engine::ask_idle(std::size_t i) {
    end_idle_probe(i);
    const pod::Service& service = spec_.services[i];
    live_[i].idle_probe = std::make_unique<NetProbe>(service.bind_port(), service.idle.http, NetProbe::Want::body);
    if (live_[i].idle_probe->fd() >= 0)
        poller_.watch(live_[i].idle_probe->fd(), live_[i].idle_probe->events(), [this, i] { on_idle_ready(i); });
    on_idle_ready(i);
}

void Engine::on_idle_ready(std::size_t i) {
    NetProbe* probe = live_[i].idle_probe.get();
    if (probe == nullptr) return;
    const auto answer = probe->advance();
    if (!answer) return poller_.change(probe->fd(), probe->events());
    const bool idle = *answer && says_idle(probe->body(), spec_.services[i].idle.empty);
    end_idle_probe(i);
    happen({.kind = Event::Kind::idle_answered, .service = i, .ok = idle});
}

void Engine::end_idle_probe(std::size_t i) {
    if (live_[i].idle_probe && live_[i].idle_probe->fd() >= 0) poller_.forget(live_[i].idle_probe->fd());
    live_[i].idle_probe.reset();
}

void Engine::look_for_degraded(std::size_t i, const std::string& block) {
    const std::string& words = spec_.services[i].degraded_log;
    if (words.empty() || !state_.services[i].with_kernel) return;
    const std::size_t at = block.find(words);
    if (at == std::string::npos) return;
    const std::size_t begin = at == 0 ? 0 : block.rfind('\n', at - 1) + 1;
    happen({.kind = Event::Kind::service_degraded,
            .service = i,
            .text = block.substr(begin, std::min<std::size_t>(block.find('\n', at) - begin, 300))});
}

}  // namespace tmplbuild::launch
