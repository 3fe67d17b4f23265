// SPDX-License-Identifier: Apache-2.0
// The helpers that kernels need, as real children: a script stands in for the kernel job and the probe. What each end
// becomes as an event, and that a job that was told to end is not heard any more.
#include "supervisor/kernel_work.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "supervisor/played_pod.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using namespace tmplbuild;
using namespace tmplbuild::launch;

namespace {

constexpr std::size_t attention = 0;

struct Workshop {
    fs::path home;
    PlayedPod pod{{"app"}};
    Poller poller;
    PodLog log{poller};
    std::vector<std::string> environment;
    bool killed_for_memory = false;
    std::vector<std::string> service_environment{"PATH=/usr/bin:/bin"};
    std::string service_program = "/bin/app";
    Helpers helpers{poller, log, environment, now_ms};
    KernelWork work{pod.view, helpers, environment,
                    {.environment = [this](std::size_t) -> const auto& {return service_environment;
}, .program = [this](std::size_t) -> const auto& {
    return service_program;
}
, .killed_for_memory = [this](bool) { return killed_for_memory; }
}  // namespace
}
;

// `script`: what the job does.
explicit Workshop(const std::string& script) {
    std::string name = (fs::temp_directory_path() / "kernel-workXXXXXX").string();
    home = ::mkdtemp(name.data());
    write("kernel-job", script);
    environment = {"TMPLBUILD_HOME=" + home.string(), "PATH=/usr/bin:/bin"};
    pod::Kernel spec;
    spec.name = "attention";
    spec.selftest = "/selftest.py";
    spec.python.interpreter = (home / "python3").string();
    pod.spec.kernels = {spec};
    pod.state.kernels.resize(1);
    pod.state.kernels[attention].verdict.arch = "86";
}
~Workshop() { fs::remove_all(home); }
Workshop(const Workshop&) = delete;
Workshop& operator=(const Workshop&) = delete;

void write(const std::string& name, const std::string& script) const {
    fs::create_directories((home / name).parent_path());
    std::ofstream(home / name) << "#!/bin/sh\n" << script << "\n";
    ::chmod((home / name).c_str(), 0755);
}
// What the launcher's loop does, until something is true.
template <typename Done>
void run_until(Done done) {
    for (const Time end = now_ms() + 20'000; !done();) {
        REQUIRE(now_ms() < end);
        poller.wait(now_ms() + 20);
        int status = 0;
        for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) helpers.on_exit(pid, status);
    }
}
const Event& next_event() {
    run_until([this] { return !pod.events.empty(); });
    return pod.events.back();
}
Event job_end() {
    work.start_job(attention);
    return next_event();
}
}
;

}  // namespace

TEST_CASE("a job's progress and its result become events") {
    Workshop shop(R"(echo '{"words":"compiling for '$3'","percent":40,"seconds_left":90}'
        echo 'not JSON'
        echo '{"ok":true,"directory":"/made by '$1' '$2' '$4'","digest":"sha256:1"}')");
    shop.pod.state.kernels[attention].ask_anew = true;
    shop.work.start_job(attention);
    shop.run_until([&] { return shop.pod.events.size() == 2; });
    const Event& progress = shop.pod.events[0];
    CHECK(progress.kind == Event::Kind::kernel_progress);
    CHECK(progress.text == "compiling for 86");
    CHECK(progress.code == 40);
    CHECK(progress.status == 90);
    const Event& end = shop.pod.events[1];
    CHECK(end.kind == Event::Kind::kernel_compiled);
    CHECK(end.ok);
    CHECK(end.text == "/made by compile attention --again");
    CHECK(end.more == "sha256:1");
}

TEST_CASE("a job that fails says why, and whether the cause passes by itself") {
    Workshop passes(R"(echo '{"ok":false,"reason":"no network","retry_cause":"network"}'; exit 1)");
    const Event hindered = passes.job_end();
    CHECK_FALSE(hindered.ok);
    CHECK(hindered.text == "no network");
    CHECK(hindered.retry_cause == RetryCause::network);
    Workshop here(R"(echo '{"ok":false,"reason":"read-only"}'; exit 3)");
    const Event cannot = here.job_end();
    CHECK(cannot.code == 3);
    CHECK(cannot.retry_cause == RetryCause::none);
}

TEST_CASE("a job that ends without a result says how it ended; killed for memory, it is tried again") {
    Workshop silent("exit 5");
    CHECK(silent.job_end().text == "its job ended with no result: exit code 5");
    Workshop killed("kill -KILL $$");
    killed.killed_for_memory = true;
    const Event end = killed.job_end();
    CHECK(end.text.find("waiting for memory: its job was killed") == 0);
    CHECK(end.retry_cause == RetryCause::memory);
    Workshop missing("");
    fs::remove(missing.home / "kernel-job");
    CHECK(missing.job_end().text.find("its job ended with no result: cannot start its program") == 0);
}

TEST_CASE("a job that was told to end is not heard any more, and the next one is") {
    Workshop shop(R"(if [ -e "$TMPLBUILD_HOME/second" ]; then
            echo '{"ok":true,"directory":"/second","digest":""}'
        else
            trap 'echo "{\"words\":\"too late\",\"percent\":90}"; echo "{\"ok\":true,\"directory\":\"/first\"}"; touch "$TMPLBUILD_HOME/ended"; exit 0' TERM
            echo '{"words":"begun","percent":1}'
            while :; do sleep 0.01; done
        fi)");
    shop.work.start_job(attention);
    CHECK(shop.next_event().text == "begun");
    shop.pod.events.clear();
    shop.work.end_job(attention);
    std::ofstream(shop.home / "second") << "";
    shop.work.start_job(attention);
    shop.run_until([&] { return fs::exists(shop.home / "ended") && !shop.pod.events.empty(); });
    for (int turn = 0; turn < 10; ++turn) shop.poller.wait(now_ms() + 10);
    shop.run_until([&] { return true; });
    REQUIRE(shop.pod.events.size() == 1);
    CHECK(shop.pod.events[0].kind == Event::Kind::kernel_compiled);
    CHECK(shop.pod.events[0].text == "/second");
}

TEST_CASE("a task says what it was asked, and its last words are its answer") {
    Workshop shop(R"(echo "first line"; echo "$*"; exit 3)");
    shop.pod.state.kernels[attention].tasks = {{.kind = KernelTask::Kind::activate,
                                                .directory = "/v86",
                                                .digest = "sha256:2",
                                                .distribution = "attention",
                                                .version = "1.0"}};
    shop.work.start_task(attention);
    const Event activated = shop.next_event();
    CHECK(activated.kind == Event::Kind::kernel_done);
    CHECK(activated.text == "activate attention /v86 sha256:2 attention 1.0");
    CHECK(activated.code == 3);
    CHECK_FALSE(activated.ok);
    shop.pod.events.clear();
    shop.pod.state.kernels[attention].tasks = {{.kind = KernelTask::Kind::match}};
    shop.work.start_task(attention);
    CHECK(shop.next_event().text == "match attention");
}

TEST_CASE("a self-test runs in the service's Python and environment, or in the kernel's own Python") {
    Workshop shop("");
    shop.write("python3", "echo kernel $1 $NAME");
    shop.write("venv/python3.11", "echo service $1 $NAME");
    shop.service_environment.push_back("NAME=of-the-service");
    shop.pod.state.kernels[attention].tasks = {{.kind = KernelTask::Kind::check}};
    const auto said = [&] {
        shop.pod.events.clear();
        shop.work.start_task(attention);
        return shop.next_event().text;
    };
    CHECK(said() == "kernel /selftest.py of-the-service");
    shop.service_program = (shop.home / "venv/python3.11").string();
    CHECK(said() == "service /selftest.py of-the-service");
    shop.pod.state.kernels[attention].tasks.front().service = 1;  // no service uses it
    CHECK(said() == "kernel /selftest.py");
}

TEST_CASE("the GPU probe's answer is its last line, and a crash is told as one") {
    Workshop shop("");
    shop.write("gpu/ld-linux-x86-64.so.2", R"(echo "noise"; echo "$2 ${LD_PRELOAD:-none}")");
    shop.environment.push_back("LD_LIBRARY_PATH=/driver");
    shop.environment.push_back("LD_PRELOAD=/no/such.so");
    shop.work.ask_gpu();
    const Event good = shop.next_event();
    CHECK(good.kind == Event::Kind::gpu_answered);
    CHECK(good.ok);
    CHECK(good.text == (shop.home / "gpu").string() + ":/driver none");
    shop.pod.events.clear();
    shop.write("gpu/ld-linux-x86-64.so.2", "kill -SEGV $$");
    shop.work.ask_gpu();
    const Event bad = shop.next_event();
    CHECK_FALSE(bad.ok);
    CHECK(bad.text == "the GPU probe: killed by signal 11");
}
