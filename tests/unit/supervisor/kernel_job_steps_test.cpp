// SPDX-License-Identifier: Apache-2.0
// A kernel's job that ended for a cause that passes is tried again by itself, with pauses on a fake clock; one that
// failed is not.
#include "supervisor/kernel_pod.hpp"
#include "supervisor/snapshot_of.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::launch;

namespace {

Pod compiling(pod::InstallMode mode = pod::InstallMode::background) {
    Pod pod(mode);
    pod.start();
    pod.probe(answer(mismatch));
    REQUIRE(pod.count(Action::Kind::kernel_compile) == 1);
    return pod;
}

}  // namespace

TEST_CASE("pauses double up to a longest one, by the cause, and move by the jitter") {
    const auto pauses = [](RetryCause retry_cause) {
        std::vector<Time> out;
        for (int tries = 0; tries < 8; ++tries) out.push_back(retry_pause(retry_cause, tries, 0) / 1000);
        return out;
    };
    CHECK(pauses(RetryCause::network) == std::vector<Time>{10, 20, 40, 80, 160, 320, 600, 600});
    CHECK(pauses(RetryCause::headroom) == std::vector<Time>{10, 20, 40, 60, 60, 60, 60, 60});
    CHECK(pauses(RetryCause::memory) == std::vector<Time>{60, 120, 240, 480, 900, 900, 900, 900});
    CHECK(retry_pause(RetryCause::network, 1'000'000, 0) == 600'000);
    CHECK(retry_pause(RetryCause::network, 0, 1000) == 11'000);
    CHECK(retry_pause(RetryCause::network, 0, -1000) == 9'000);
}

TEST_CASE("the job's words for causes that pass") {
    CHECK(parse_retry_cause("network") == RetryCause::network);
    CHECK(parse_retry_cause("damaged") == RetryCause::damaged);
    CHECK(parse_retry_cause("headroom") == RetryCause::headroom);
    CHECK(parse_retry_cause("memory") == RetryCause::memory);
    CHECK(parse_retry_cause("") == RetryCause::none);
    CHECK(parse_retry_cause("disk") == RetryCause::none);
}

TEST_CASE("no network: waits with its reason and the time of the next try, then compiles") {
    Pod pod = compiling();
    const Time lost = pod.now;
    pod.job_ends(RetryCause::network, "no network: fetching the compiler failed (Connection refused)");
    CHECK(pod.phase() + " " + pod.started() == "waiting without");
    CHECK(pod.kernel().reason == "no network: fetching the compiler failed (Connection refused)");
    CHECK(pod.kernel().next_try == lost + 10'000);
    CHECK(pod.said("(Connection refused); next try in 10 s"));
    CHECK(next_due(pod.state) == lost + 10'000);
    const auto snapshot = snapshot_of(pod.spec, pod.state, {lost, 1'000'000, lost});
    CHECK(snapshot.kernels[0].next_try == 1'010'000);
    CHECK(snapshot.state == "degraded");
    pod.wait(9'999);
    CHECK(pod.count(Action::Kind::kernel_compile) == 1);
    pod.wait(1);
    CHECK(pod.count(Action::Kind::kernel_compile) == 2);
    CHECK(pod.phase() == "compiling");
    CHECK(pod.kernel().next_try == never);
    pod.compiled(true, "/made");
    pod.task(true);
    CHECK(pod.phase() == "available");
    CHECK(pod.state.services[0].stale);  // restarted for it when it is idle
}

TEST_CASE("what was compiled here is not missing any more") {
    Pod pod = compiling();
    CHECK(pod.kernel().verdict.verdict == kernel::Verdict::missing);
    pod.compiled(true, "/built");
    pod.task(true);
    CHECK(pod.phase() == "available");
    const auto snapshot = snapshot_of(pod.spec, pod.state, {pod.now, 1'000'000, pod.now});
    CHECK(snapshot.kernels[0].verdict == "exact");
    CHECK(gpu::verdict_of_arch("80", pod.state.host.answer) == kernel::Verdict::compatible);
}

TEST_CASE("a network that stays away is asked ten times in an hour, not more") {
    Pod pod = compiling();
    const Time end = pod.now + 3'600'000;
    while (pod.now < end) {
        if (pod.phase() == "compiling") pod.job_ends(RetryCause::network, "no network");
        pod.wait(1'000);
    }
    CHECK(pod.count(Action::Kind::kernel_compile) == 1 + 10);  // after 10, 30, 70, 150, 310, 630, 1230, … s
    // A success forgets the row of failures.
    pod.wait(600'000);
    pod.compiled(true, "/made");
    CHECK(pod.kernel().retries == 0);
}

TEST_CASE("too little memory, before the compile and in its middle") {
    Pod pod = compiling();
    pod.job_ends(RetryCause::headroom, "waiting for memory: needs 2 GB, and 1 GB are free");
    CHECK(pod.phase() == "waiting");
    pod.wait(10'000);
    CHECK(pod.phase() == "compiling");
    pod.job_ends(RetryCause::memory, "waiting for memory: the compile was stopped");
    CHECK(pod.kernel().next_try == pod.now + 120'000);
    pod.wait(119'000);
    CHECK(pod.phase() == "waiting");
    pod.wait(1'000);
    CHECK(pod.phase() == "compiling");
}

TEST_CASE("what arrives damaged is fetched five times, then a person has to ask") {
    Pod pod = compiling();
    const Time begin = pod.now;
    for (int i = 1; i < 5; ++i) {
        pod.job_ends(RetryCause::damaged, "its hash differs");
        CHECK(pod.phase() == "waiting");
        pod.wait(pod.kernel().next_try - pod.now);
        CHECK(pod.count(Action::Kind::kernel_compile) == 1 + i);
    }
    CHECK(pod.now == begin + 10'000 + 20'000 + 40'000 + 80'000);
    pod.job_ends(RetryCause::damaged, "its hash differs");
    CHECK(pod.phase() == "failed");
    CHECK(pod.kernel().next_try == never);
    pod.happen({.kind = Event::Kind::kernel_retry});
    pod.job_ends(RetryCause::damaged, "its hash differs");
    CHECK(pod.phase() == "waiting");
}

TEST_CASE("a compile that failed is not tried again by itself, however long the pod lives") {
    Pod pod = compiling();
    pod.compiled(false, "the compile failed: identifier undefined");
    CHECK(pod.phase() == "failed");
    CHECK(pod.kernel().next_try == never);
    pod.wait(100'000'000);
    CHECK(pod.count(Action::Kind::kernel_compile) == 1);
    // Nor one that failed after another try.
    Pod later = compiling();
    later.job_ends(RetryCause::network, "no network");
    later.wait(10'000);
    later.compiled(false, "the compile failed: identifier undefined");
    later.wait(100'000'000);
    CHECK(later.count(Action::Kind::kernel_compile) == 2);
    CHECK(later.phase() == "failed");
}

TEST_CASE("a person does not wait: retry goes at once and begins the row anew, off ends it") {
    Pod pod = compiling();
    for (int i = 0; i < 3; ++i) {
        pod.job_ends(RetryCause::network, "no network");
        pod.wait(pod.kernel().next_try - pod.now);
    }
    pod.job_ends(RetryCause::network, "no network");
    CHECK(pod.kernel().next_try == pod.now + 80'000);
    pod.happen({.kind = Event::Kind::kernel_retry});
    CHECK(pod.phase() == "compiling");
    CHECK(pod.kernel().ask_anew);
    CHECK(pod.count(Action::Kind::kernel_compile) == 5);
    pod.job_ends(RetryCause::network, "no network");
    CHECK(pod.kernel().next_try == pod.now + 10'000);
    pod.happen({.kind = Event::Kind::kernel_off});
    CHECK(pod.phase() == "off");
    CHECK(pod.kernel().next_try == never);
    pod.wait(10'000'000);
    CHECK(pod.count(Action::Kind::kernel_compile) == 5);
}

TEST_CASE("install = true: services wait for the first try alone") {
    Pod pod = compiling(pod::InstallMode::required);
    CHECK(pod.started() == "not");
    pod.job_ends(RetryCause::network, "no network");
    CHECK(pod.started() == "without");
    pod.wait(10'000);
    CHECK(pod.phase() == "compiling");
    pod.exit(0, 1 << 8);
    pod.wait(5'000);
    CHECK(pod.started() == "without");  // a start in between is not held back
    pod.compiled(true, "/made");
    pod.task(true);
    CHECK(pod.state.services[0].stale);
}

TEST_CASE("a fallback serves while the job waits") {
    Pod pod;
    pod.spec.kernels[0].fallback = {"/fallback", "attention", "1.0.6", {"8.6"}};
    pod.start();
    pod.probe(answer(mismatch));
    pod.task(true);
    pod.job_ends(RetryCause::network, "no network");
    CHECK(pod.phase() + " " + pod.started() == "available with");
    CHECK(pod.kernel().reason == "no network; until then, attention 1.0.6 is used");
    CHECK(pod.kernel().next_try == pod.now + 10'000);
    pod.wait(10'000);
    pod.compiled(true, "/made");
    pod.task(true);
    CHECK_FALSE(pod.kernel().fallback);
}

TEST_CASE("a fallback that is withdrawn takes its compile with it, so that a retry starts the only one") {
    Pod pod;
    pod.spec.kernels[0].fallback = {"/fallback", "attention", "1.0.6", {"8.6"}};
    pod.spec.services[0].ready.kind = pod::Probe::Kind::log;
    pod.spec.services[0].ready.log = "never";
    pod.start();
    pod.probe(answer(mismatch));
    pod.task(true);
    CHECK(pod.phase() + " " + pod.started() == "compiling with");
    pod.exit(0);
    pod.wait(1'000);
    pod.exit(0);
    CHECK(pod.phase() == "failed");
    CHECK(pod.count(Action::Kind::end_kernel_compile) == 1);
    pod.happen({.kind = Event::Kind::kernel_retry});
    CHECK(pod.count(Action::Kind::kernel_compile) == 2);
}

TEST_CASE("the pod's end waits for no next try") {
    Pod pod = compiling();
    pod.job_ends(RetryCause::network, "no network");
    pod.happen({.kind = Event::Kind::terminate});
    CHECK(pod.kernel().next_try == never);
    // A job that ends after the stop was asked for starts no new pause.
    Pod other = compiling();
    other.happen({.kind = Event::Kind::terminate});
    other.job_ends(RetryCause::network, "no network");
    CHECK(other.kernel().next_try == never);
}
