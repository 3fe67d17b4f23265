// SPDX-License-Identifier: Apache-2.0
// Which service was killed for memory, over a counter and processes that the test makes: the one that is dying when the
// counter moves, however late it ends, and nobody who is killed by another.
#include "supervisor/memory_charges.hpp"

#include <fstream>

#include "supervisor/played_pod.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
using namespace tmplbuild::launch;

namespace {

constexpr std::size_t web = 0, db = 1;

struct Cgroup {
    PlayedPod pod{{"web", "db"}};
    Poller poller;
    sys::TempDirectory folder = sys::TempDirectory::make("/tmp", "memory-charges-").value();
    std::vector<Process> running;
    ProcessTrees trees{pod.view,
                       {.works = [](pid_t) { return false; },
                        .probes = [](pid_t) { return false; },
                        .keeps_log = [](pid_t) { return false; },
                        .end_log = [] {}},
                       {.read = [this]() -> std::optional<ProcessTable> { return ProcessTable(running); }}};
    MemoryCharges memory{pod.view, trees};

    Cgroup() {
        count(3);  // of before
        memory.begin(poller, folder.path().string());
        add(100);
        add(200);
    }
    Process& add(pid_t pid) {
        Process process;
        process.pid = pid;
        running.push_back(process);
        return running.back();
    }
    void count(int kills) const {
        std::ofstream(folder.path() / "memory.events") << "oom 9\noom_kill " + std::to_string(kills) + "\n";
    }
    // Linux kills: the counter moves, and the launcher hears of it.
    void kills(int sum) {
        count(sum);
        poller.wait(now_ms() + 1'000);
    }
};

}  // namespace

TEST_CASE("the service that is dying when the counter moves was killed for memory, however late its end is seen") {
    Cgroup cgroup;
    cgroup.running[0].dying = true;
    cgroup.kills(4);
    cgroup.pod.clock += 60'000;
    CHECK_FALSE(cgroup.memory.ended(db, true));  // by somebody else's KILL
    CHECK(cgroup.memory.ended(web, true));
    CHECK_FALSE(cgroup.memory.ended(web, true));  // said once
}

TEST_CASE("a worker that is killed for memory is charged to no service that is killed later") {
    Cgroup cgroup;
    cgroup.add(101).dying = true;
    cgroup.kills(4);
    cgroup.pod.clock += 60'000;
    CHECK_FALSE(cgroup.memory.ended(web, true));
    // One that ends by itself was not killed, whatever the counter says.
    Cgroup other;
    other.running[0].dying = true;
    other.kills(4);
    CHECK_FALSE(other.memory.ended(web, false));
}

TEST_CASE("an end that is seen before the counter's move is told all the same, and a new process has a clean record") {
    Cgroup cgroup;
    cgroup.count(4);
    CHECK(cgroup.memory.ended(web, true));
    CHECK_FALSE(cgroup.memory.ended(db, true));
    Cgroup again;
    again.running[0].dying = true;
    again.kills(4);
    again.memory.new_process(web);
    again.pod.clock += 60'000;
    CHECK_FALSE(again.memory.ended(web, true));
    // Kills of before the launcher, and of strays.
    Cgroup strays;
    CHECK_FALSE(strays.memory.other_ended(true));
    strays.count(4);
    CHECK(strays.memory.other_ended(true));
}
