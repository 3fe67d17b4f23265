// SPDX-License-Identifier: Apache-2.0
// Two builds that share a store compile a variant once: the second one waits for the first and takes what it left.
#include "engine/step_lock.hpp"

#include <atomic>
#include <thread>

#include "engine/run_step.hpp"
#include "support/catch.hpp"
#include "support/fake_http.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

struct NoTools : io::ProcessRunner {
    Result<io::ProcessResult> run(const io::Command&, std::stop_token) override {
        return machine_error("the test starts no program");
    }
};

// Lets the test go on when a step says that it waits.
struct WaitingProgress : SilentProgress {
    std::atomic<bool> waits = false;
    std::atomic<int> begun = 0;
    StepOutcome ended_with = StepOutcome::failed;
    void started(const std::string&, const std::string&) override { ++begun; }
    void doing(const std::string&, const std::string& what) override {
        if (what.starts_with("another build compiles it")) {
            waits = true;
            waits.notify_all();
        }
    }
    void finished(const std::string&, StepOutcome outcome, double, const std::string&) override {
        ended_with = outcome;
    }
};

// Another build, which holds the step; and ours, which wants it too. Without a sandbox a compile cannot even begin.
struct TwoBuilds {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "step-lock-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    NoTools tools{};
    FakeHttp http{};
    WaitingProgress progress{};
    std::stop_source stop{};
    Step step{.id = "kernel:k:8.9", .spec = KernelSpec{}, .key = CanonicalKey().add("source", "one")};
    std::optional<StepLock> other = StepLock::acquire(store, step.key->digest(), {}, [] {}).value();

    // What ours ends with, when `meanwhile` happens while it waits.
    template <class Meanwhile>
    Result<StepResult> ours(Meanwhile meanwhile) {
        std::optional<Result<StepResult>> result;
        {
            const std::jthread thread([&] {
                const StepEnvironment environment{
                    store, tools, http, progress, stop.get_token(), Compression::zstd, BaseContract()};
                result = make_step(step, environment, {});
            });
            progress.waits.wait(false);
            meanwhile();
        }
        return std::move(*result);
    }
};

}  // namespace

TEST_CASE("who waits for another build's compile takes its result and compiles nothing") {
    TwoBuilds builds;
    const auto result = builds.ours([&] {
        REQUIRE(builds.store.put_record({builds.step.id, *builds.step.key, {}, {{"by", "the other"}}, 60, 5}));
        builds.other.reset();
    });
    REQUIRE(result);
    CHECK(result->hit);
    CHECK(result->output.facts.at("by").as_string() == "the other");
    CHECK(result->seconds == 60);
    CHECK(builds.progress.ended_with == StepOutcome::hit);
}

TEST_CASE("who waits for another build that fails compiles itself") {
    TwoBuilds builds;
    builds.step.spec = [] {
        KernelSpec spec;  // its source is asked for first, and nobody has it
        spec.recipe.archive_url = "https://nowhere.example/k.tar.gz";
        spec.recipe.archive_sha256 = std::string(64, 'a');
        return spec;
    }();
    const auto result = builds.ours([&] { builds.other.reset(); });
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::network);
    CHECK(builds.http.asked() == std::vector<std::string>{"GET https://nowhere.example/k.tar.gz"});
}

TEST_CASE("who waits for another build's compile can be stopped") {
    TwoBuilds builds;
    const auto result = builds.ours([&] { builds.stop.request_stop(); });
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::interrupted);
    CHECK(builds.progress.ended_with == StepOutcome::stopped);
}

TEST_CASE("steps that take seconds do not wait for each other") {
    TwoBuilds builds;
    FetchSpec spec;
    spec.layer.url = "https://nowhere.example/tool";
    spec.layer.sha256 = std::string(64, 'a');
    builds.step.spec = spec;
    const StepEnvironment environment{builds.store, builds.tools,      builds.http,   builds.progress,
                                      {},           Compression::zstd, BaseContract()};
    REQUIRE_FALSE(make_step(builds.step, environment, {}));
    CHECK_FALSE(builds.progress.waits);
    CHECK(builds.http.asked().size() == 1);
}
