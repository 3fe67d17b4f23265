// SPDX-License-Identifier: Apache-2.0
// What a step will take, by what is in the store: its own earlier build, else its siblings', else what it declares.
#include "engine/estimate.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t gib = 1ULL << 30;

struct Bench {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "estimate-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    Step step{.id = "kernel:k:9.0a",
              .spec = KernelSpec{},
              .key = key("9.0a"),
              .estimated_seconds = 600,
              .estimated_memory = 2 * gib,
              .siblings = {"kernel:k:8.0", "kernel:k:8.9", "kernel:k:9.0a"}};

    static CanonicalKey key(const std::string& arch, const std::string& source = "one") {
        CanonicalKey out;
        out.add("source", std::string_view(source));
        out.add("arch", std::string_view(arch));
        return out;
    }
    void built(const std::string& arch, double seconds, std::uint64_t memory, const std::string& source = "one") const {
        REQUIRE(store.put_record({"kernel:k:" + arch, key(arch, source), {}, {}, seconds, memory}));
    }
    void check(double seconds, std::uint64_t memory, bool measured) const {
        const StepEstimate estimate = estimate_step(step, store);
        CHECK(estimate.seconds == seconds);
        CHECK(estimate.memory == memory);
        CHECK(estimate.measured == measured);
    }
};

}  // namespace

TEST_CASE("a step that nothing like it was built for takes what it declares") { Bench().check(600, 2 * gib, false); }

TEST_CASE("a variant for a new arch takes what the slowest and the largest of its siblings took") {
    const Bench bench;
    bench.built("8.0", 100, 5 * gib);
    bench.check(100, 5 * gib, true);
    bench.built("8.9", 300, 3 * gib);
    bench.check(300, 5 * gib, true);
}

TEST_CASE("a variant that was built takes what it took, also when another source made it") {
    const Bench bench;
    bench.built("8.0", 100, 5 * gib);
    bench.built("9.0a", 50, gib, "another");
    bench.check(50, gib, true);
    bench.built("9.0a", 40, 4 * gib);
    bench.check(40, 4 * gib, true);
}

TEST_CASE("what is not known to have taken memory tells nothing") {
    const Bench bench;
    bench.built("8.0", 100, 0);
    bench.check(600, 2 * gib, false);
}
