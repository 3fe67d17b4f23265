// SPDX-License-Identifier: Apache-2.0
// What a person asks of a kernel (`tmpl-ctl kernel retry`, `off`) in each state of it, also in the middle of what a
// helper or the job does.
#include "supervisor/kernel_pod.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::launch;

namespace {

using Kind = Event::Kind;

Pod judged(const std::string& gpu, bool with_fallback = false) {
    Pod pod;
    if (with_fallback) pod.spec.kernels[0].fallback = {"/fallback", "attention", "1.0.6", {"8.6"}};
    pod.start();
    pod.probe(answer(gpu));
    return pod;
}

Pod compiled(bool with_fallback = false) {
    Pod pod = judged(mismatch, with_fallback);
    if (with_fallback) pod.task(true);
    pod.compiled(true, "/made");
    return pod;
}

std::size_t activations(const Pod& pod) {
    return static_cast<std::size_t>(
        std::count_if(pod.kernel().tasks.begin(), pod.kernel().tasks.end(),
                      [](const KernelTask& task) { return task.kind == KernelTask::Kind::activate; }));
}

}  // namespace

TEST_CASE("a retry while what was compiled is put in place starts no second job") {
    Pod pod = compiled();
    REQUIRE(activations(pod) == 1);
    pod.happen({.kind = Kind::kernel_retry});
    CHECK(pod.count(Action::Kind::kernel_compile) == 1);
    CHECK(pod.phase() == "waiting");
    pod.task(true);
    CHECK(pod.phase() == "available");
    CHECK_FALSE(pod.kernel().compiling);
    // It hangs: its time is over, and then a retry is a new try.
    Pod slow = compiled();
    slow.wait(121'000);
    slow.task(false, "killed by signal 9");
    CHECK(slow.phase() == "failed");
    slow.happen({.kind = Kind::kernel_retry});
    CHECK(slow.phase() == "compiling");
}

TEST_CASE("a retry while the image's variant is put in place does it once") {
    Pod pod = judged(match);
    REQUIRE(activations(pod) == 1);
    pod.happen({.kind = Kind::kernel_retry});
    CHECK(activations(pod) == 1);
    pod.task(true);
    CHECK(pod.phase() + " " + pod.started() == "available with");
}

TEST_CASE("a retry while the fallback is put in place compiles, and places the fallback once") {
    Pod pod = judged(mismatch, true);
    pod.compiled(false, "nvcc ended with 1");
    CHECK(pod.phase() == "failed");
    REQUIRE(activations(pod) == 1);
    CHECK(pod.started() == "not");  // it waits for the fallback, as before
    pod.happen({.kind = Kind::kernel_retry});
    CHECK(pod.phase() == "compiling");
    CHECK(activations(pod) == 1);
    pod.task(true);
    CHECK(pod.phase() + " " + pod.started() == "compiling with");
}

TEST_CASE("a retry changes nothing while a kernel is in place, is checked, or is compiled") {
    Pod pod = judged(mismatch);
    pod.happen({.kind = Kind::kernel_retry});
    CHECK(pod.count(Action::Kind::kernel_compile) == 1);
    Pod checked = judged(match);
    checked.task(true);
    REQUIRE(checked.kernel().tasks.front().kind == KernelTask::Kind::check);
    checked.happen({.kind = Kind::kernel_retry});
    CHECK(checked.kernel().tasks.size() == 1);
    checked.task(true, "12 cases");
    checked.happen({.kind = Kind::kernel_retry});
    CHECK(checked.phase() == "active");
}

TEST_CASE("a retry before the driver has answered takes the person's `off` back") {
    Pod pod;
    pod.start();
    pod.happen({.kind = Kind::kernel_off});
    CHECK(pod.phase() == "off");
    pod.happen({.kind = Kind::kernel_retry});
    CHECK(pod.phase() == "waiting");
    pod.probe(answer(match));
    pod.task(true);
    CHECK(pod.phase() + " " + pod.started() == "available with");
    // Without an `off` there is nothing to take back.
    Pod other;
    other.start();
    other.happen({.kind = Kind::kernel_retry});
    CHECK(other.phase() == "waiting");
    CHECK(other.kernel().tasks.empty());
}

TEST_CASE("`off` ends what is under way, whatever it is, and its late answer is not heard") {
    Pod placing = judged(match);
    placing.happen({.kind = Kind::kernel_off});
    CHECK(placing.phase() == "off");
    placing.task(true);
    CHECK(placing.phase() + " " + placing.started() == "off without");
    CHECK(placing.taken_away == 1);
    Pod made = compiled();
    made.happen({.kind = Kind::kernel_off});
    made.task(true);
    CHECK(made.phase() == "off");
    CHECK_FALSE(made.kernel().in_place);
    Pod checking = judged(match);
    checking.task(true);
    checking.happen({.kind = Kind::kernel_off});
    checking.task(false, "FAILED head size 64");
    CHECK(checking.phase() == "off");
    // A retry in the middle of this begins anew, after what was under way.
    Pod again = judged(match);
    again.happen({.kind = Kind::kernel_off});
    again.happen({.kind = Kind::kernel_retry});
    CHECK(again.phase() == "waiting");
    again.task(true);  // of before the `off`
    CHECK(again.phase() == "waiting");
    again.task(true);
    CHECK(again.phase() == "available");
    CHECK(again.state.services[0].stale);  // it was started without in between
}

TEST_CASE("where what was compiled cannot be put in place, the fallback is put there again") {
    Pod pod = compiled(true);
    REQUIRE(pod.started() == "with");
    pod.task(false, "its files are not those that were proven");
    CHECK(pod.taken_away == 2);  // once before the fallback, and once now
    REQUIRE(activations(pod) == 1);
    CHECK(pod.kernel().tasks.front().directory == "/fallback");
    CHECK_FALSE(pod.kernel().in_place);
    Pod good = pod;
    good.task(true);
    CHECK(good.phase() == "available");
    CHECK(good.kernel().reason.find("not those that were proven; until then, or instead, attention 1.0.6") !=
          std::string::npos);
    CHECK_FALSE(good.state.services[0].stale);  // it runs with the fallback already
    Pod bad = pod;
    bad.task(false, "torch was changed");
    CHECK(bad.phase() == "failed");
    CHECK_FALSE(bad.kernel().in_place);
    CHECK(bad.state.services[0].stale);  // it runs with what is gone
}

TEST_CASE("while the pod stops nothing begins for a kernel, whoever asks or answers") {
    const auto stopping = [](Pod pod) {
        pod.happen({.kind = Kind::terminate});
        pod.log.clear();
        return pod;
    };
    const auto begun = [](const Pod& pod) {
        return pod.count(Action::Kind::kernel_task) + pod.count(Action::Kind::kernel_compile);
    };
    Pod early;
    early.start();
    early = stopping(early);
    early.probe(answer(mismatch));
    CHECK(begun(early) == 0);
    Pod failed = judged(mismatch);
    failed.compiled(false, "nvcc ended with 1");
    failed = stopping(failed);
    failed.happen({.kind = Kind::kernel_retry});
    CHECK(begun(failed) == 0);
    Pod made = judged(mismatch, true);
    made.compiled(true, "/made");
    made = stopping(made);
    REQUIRE(made.kernel().tasks.size() == 2);
    made.task(false, "killed by signal 15");
    CHECK(begun(made) == 0);
    CHECK_FALSE(made.said("killed by signal 15"));
    Pod ready;
    ready.spec.services[0].ready.kind = pod::Probe::Kind::log;
    ready.spec.services[0].ready.log = "up";
    ready.start();
    ready.probe(answer(match));
    ready.task(true);
    ready = stopping(ready);
    ready.happen({.kind = Kind::log_matched});
    CHECK(begun(ready) == 0);
}
