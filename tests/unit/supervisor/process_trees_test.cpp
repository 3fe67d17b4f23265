// SPDX-License-Identifier: Apache-2.0
// Which process is whose, and who is told by what, over processes that the test names. Nobody is really signalled.
#include "supervisor/process_trees.hpp"

#include <cerrno>
#include <map>

#include "supervisor/played_pod.hpp"
#include "supervisor/port_owner.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::launch;

namespace {

constexpr pid_t self = 1;

// Services `web` (100) and `db` (200) on a machine with the processes that a test puts there.
struct Machine {
    PlayedPod pod{{"web", "db"}};
    std::vector<Process> running;
    std::map<pid_t, std::string> service_variables;  // by pid: what it was started with
    bool proc_is_there = true, groups_are_there = true, has_children = true;
    pid_t helper = 0, prober = 0, log_writer = 0;
    bool log_ended = false;
    std::vector<std::pair<pid_t, int>> signals;
    ProcessTrees trees{pod.view,
                       {.works = [this](pid_t pid) { return pid == helper || pid == log_writer; },
                        .probes = [this](pid_t pid) { return pid == prober; },
                        .keeps_log = [this](pid_t pid) { return pid == log_writer; },
                        .end_log = [this] { log_ended = true; }},
                       {.read = [this]() -> std::optional<ProcessTable> {
                            if (!proc_is_there) return std::nullopt;
                            return ProcessTable(running);
                        },
                        .started_with = [this](pid_t pid, std::string_view) { return service_variables[pid]; },
                        .kill =
                            [this](pid_t pid, int signal) {
                                if (signal != 0 && signal != SIGCONT) signals.emplace_back(pid, signal);
                                errno = ESRCH;
                                return pid < 0 && !groups_are_there ? -1 : 0;
                            },
                        .has_children = [this] { return has_children; },
                        .self = self}};

    Machine() {
        add(self, 0, 0);
        add(100, self, 100);
        add(200, self, 200);
    }
    Process& add(pid_t pid, pid_t parent, pid_t group) {
        Process process;
        process.pid = pid;
        process.parent = parent;
        process.group = process.session = group;
        process.started = static_cast<std::uint64_t>(pid);
        process.name = "p" + std::to_string(pid);
        running.push_back(process);
        return running.back();
    }
    std::string owner(pid_t top) {
        trees.new_turn();
        const auto& table = *trees.processes();
        const auto i = trees.service_of(*table.find(top));
        return i ? pod.spec.services[*i].name : "nobody";
    }
    std::vector<pid_t> tree(std::size_t i) {
        std::vector<pid_t> out;
        for (const Process& process : trees.tree_of(i, *trees.processes(true))) out.push_back(process.pid);
        return out;
    }
    std::vector<std::pair<pid_t, int>> take_signals() { return std::exchange(signals, {}); }
    int told(Event::Kind kind) const {
        int out = 0;
        for (const Event& event : pod.events) out += event.kind == kind ? 1 : 0;
        return out;
    }
};

using Signals = std::vector<std::pair<pid_t, int>>;

}  // namespace

TEST_CASE("a process is its service's by descent, by group and session, and by the name that it was started with") {
    Machine machine;
    machine.add(101, 100, 100);
    machine.add(102, 101, 999);
    machine.add(300, self, 100);  // has lost its parent
    machine.add(301, self, 301);  // has left the group, too
    machine.service_variables[301] = "db";
    machine.add(302, self, 302);
    machine.service_variables[302] = "unknown";
    CHECK(machine.owner(100) == "web");
    CHECK(machine.owner(300) == "web");
    CHECK(machine.owner(301) == "db");
    CHECK(machine.owner(302) == "nobody");
    CHECK(machine.tree(0) == std::vector<pid_t>{101, 102, 300});
    CHECK(machine.tree(1) == std::vector<pid_t>{301});
}

TEST_CASE("who works for the launcher is no service's, whatever it was started with") {
    Machine machine;
    machine.add(300, self, 300);
    machine.service_variables[300] = "web";
    machine.add(310, self, 310);
    machine.service_variables[310] = "web";
    machine.helper = 300;
    machine.prober = 310;
    CHECK(machine.owner(300) == "nobody");
    CHECK(machine.owner(310) == "nobody");
    machine.helper = machine.prober = 0;
    CHECK(machine.owner(300) == "web");
}

TEST_CASE("with `logins`, what people started in sessions of their own is theirs") {
    Machine machine;
    machine.pod.spec.services[0].logins = true;
    machine.add(101, 100, 100);
    machine.add(102, 101, 102);  // a login
    machine.add(300, self, 300);
    machine.service_variables[300] = "web";
    CHECK(machine.tree(0) == std::vector<pid_t>{101});
    CHECK(machine.owner(300) == "nobody");
}

TEST_CASE("what was seen below a service when it was stopped stays its own, without parent, group and name") {
    Machine machine;
    machine.add(101, 100, 100);
    machine.add(102, 101, 999);
    machine.trees.signal_service(0, SIGTERM);
    CHECK(machine.take_signals() == Signals{{-100, SIGTERM}});
    std::erase_if(machine.running, [](const Process& process) { return process.pid == 100 || process.pid == 101; });
    for (Process& process : machine.running)
        if (process.pid == 102) process.parent = self;
    machine.pod.state.services[0].pid = 0;
    machine.pod.state.services[0].left = 100;
    CHECK(machine.tree(0) == std::vector<pid_t>{102});
    // It was not of the group that has had the signal: it has it now, and once.
    machine.trees.signal_left(0, SIGTERM);
    CHECK(machine.take_signals() == Signals{{102, SIGTERM}});
    machine.trees.signal_left(0, SIGTERM);
    machine.trees.signal_left(0, 0);
    CHECK(machine.take_signals().empty());
    machine.trees.signal_left(0, SIGKILL);
    CHECK(machine.take_signals() == Signals{{102, SIGKILL}});
    // A new process has seen nothing of it.
    machine.trees.new_process(0);
    machine.pod.state.services[0].left = 0;
    CHECK(machine.tree(0).empty());
}

TEST_CASE("nothing left is told, with /proc and without") {
    Machine machine;
    machine.pod.state.services[0].pid = 0;
    machine.pod.state.services[0].left = 100;
    std::erase_if(machine.running, [](const Process& process) { return process.pid == 100; });
    machine.trees.signal_left(0, SIGTERM);
    CHECK(machine.told(Event::Kind::left_gone) == 1);
    machine.proc_is_there = false;
    machine.trees.signal_left(0, SIGTERM);
    CHECK(machine.told(Event::Kind::left_gone) == 1);
    CHECK(machine.take_signals() == Signals{{-100, SIGTERM}});
    CHECK(machine.trees.left_of(0, 100) == "others of its process group");
    machine.groups_are_there = false;
    CHECK(machine.trees.left_of(0, 100).empty());
    machine.trees.signal_left(0, 0);
    CHECK(machine.told(Event::Kind::left_gone) == 2);
}

TEST_CASE("a service that has not begun its group yet is signalled itself") {
    Machine machine;
    machine.groups_are_there = false;
    machine.trees.signal_service(0, SIGTERM);
    CHECK(machine.take_signals() == Signals{{100, SIGTERM}});
}

TEST_CASE("the sweep leaves services that still run to themselves, and ends all others once") {
    Machine machine;
    machine.pod.state.mode = Mode::stopping;
    machine.add(101, 100, 100);
    machine.add(300, self, 300);
    machine.add(400, self, 400);
    machine.add(500, self, 500);
    machine.log_writer = 400;
    machine.pod.state.foreground = 500;
    machine.trees.sweep(SIGTERM);
    CHECK(machine.take_signals() == Signals{{300, SIGTERM}});
    machine.trees.sweep(SIGTERM);
    CHECK(machine.take_signals().empty());
    machine.pod.state.mode = Mode::sweeping;
    machine.trees.sweep(SIGTERM);
    CHECK(machine.take_signals() == Signals{{100, SIGTERM}, {101, SIGTERM}, {200, SIGTERM}, {500, SIGTERM}});
    CHECK(machine.told(Event::Kind::no_children) == 0);
    machine.running = {machine.running[0]};
    machine.add(400, self, 400);
    machine.trees.sweep(0);
    CHECK(machine.told(Event::Kind::no_children) == 1);  // the log writer ends by itself
}

TEST_CASE("as PID 1 the sweep ends what another has put into the container, elsewhere only what is below it") {
    Machine machine;
    machine.pod.state.mode = Mode::sweeping;
    machine.running = {machine.running[0]};
    machine.add(700, 0, 700);
    machine.trees.sweep(SIGTERM);
    CHECK(machine.take_signals() == Signals{{700, SIGTERM}});
}

TEST_CASE("without /proc the sweep tells everybody once, ends the log first and asks wait") {
    Machine machine;
    machine.proc_is_there = false;
    machine.pod.state.mode = Mode::stopping;
    machine.trees.sweep(SIGTERM);
    CHECK(machine.take_signals() == Signals{{-1, SIGTERM}});
    CHECK_FALSE(machine.log_ended);
    machine.pod.state.mode = Mode::sweeping;
    machine.trees.sweep(SIGTERM);
    CHECK(machine.take_signals().empty());
    CHECK(machine.log_ended);
    CHECK(machine.told(Event::Kind::no_children) == 0);
    machine.has_children = false;
    machine.trees.sweep(SIGKILL);
    CHECK(machine.take_signals() == Signals{{-1, SIGKILL}});
    CHECK(machine.told(Event::Kind::no_children) == 1);
}

TEST_CASE("who answers on a port has to be the service, and what was found for its sockets is kept") {
    Machine machine;
    machine.pod.spec.services[0].port = 8188;
    machine.add(101, 100, 100);
    std::optional<Inodes> listeners = Inodes{7};
    pid_t holder = 101;
    int looks = 0;
    PortOwner ports(machine.pod.view, machine.trees,
                    {.listeners = [&](std::uint16_t) { return listeners; },
                     .hold =
                         [&](const std::vector<pid_t>& pids, const Inodes&) {
                             ++looks;
                             if (holder < 0) return Holds::unknown;
                             return std::find(pids.begin(), pids.end(), holder) == pids.end() ? Holds::no : Holds::yes;
                         }});
    CHECK(ports.why_not(0, 8188).empty());
    CHECK(ports.why_not(0, 8188).empty());
    CHECK(looks == 1);
    // Another socket, which a process of `db` holds.
    listeners = Inodes{8};
    holder = 200;
    CHECK(ports.why_not(0, 8188) == "port 8188 is answered by PID 200 (p200) of 'db', which is not of this service");
    // Its probe may mean any service where it names another port than its own.
    listeners = Inodes{9};
    CHECK(ports.why_not(0, 9000).empty());
    // Where nobody can tell it counts, and that is said once in its life.
    holder = -1;
    listeners = Inodes{10};
    CHECK(ports.why_not(0, 8188).empty());
    listeners = std::nullopt;
    CHECK(ports.why_not(0, 8188).empty());
    CHECK(machine.pod.said.size() == 1);
    CHECK(machine.pod.said[0].find("web: port 8188 answers; whether by this service cannot be told") == 0);
    ports.new_process(0);
    CHECK(ports.why_not(0, 8188).empty());
    CHECK(machine.pod.said.size() == 2);
}
