// SPDX-License-Identifier: Apache-2.0
// Which variants are jobs, what each of them needs that nobody has, and that a lock which lacks something is refused.
#include "engine/matrix.hpp"

#include <set>

#include "../plan/planned_world.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

struct MatrixPlace {
    sys::TempDirectory folder =
        sys::TempDirectory::make(std::filesystem::temp_directory_path(), "matrix-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    PlannedWorld world;
    std::set<std::string> made;
    std::multiset<std::string> asked;

    std::vector<MatrixJob> jobs() {
        return matrix_of(world.plan(), store, [this](const Step& step) {
            asked.insert(step.id);
            return made.contains(step.id);
        });
    }
};

std::vector<std::string> steps_of(const std::vector<MatrixJob>& jobs) {
    std::vector<std::string> out;
    for (const MatrixJob& job : jobs) out.push_back(job.step);
    return out;
}

}  // namespace

TEST_CASE("each variant that nobody has is a job, with the GPUs that it is for and what it needs") {
    MatrixPlace place;
    const std::vector<MatrixJob> jobs = place.jobs();
    CHECK(steps_of(jobs) == std::vector<std::string>{"kernel:plain:8.0", "kernel:plain:8.9"});
    for (const MatrixJob& job : jobs) {
        CHECK(job.kernel == "plain");
        CHECK(job.key == place.world.key(job.step));
        CHECK(job.gpus == (job.variant == "sm_89" ? std::vector<std::string>{"RTX 4090"}
                                                  : std::vector<std::string>{"RTX 3090", "A100"}));
        CHECK_FALSE(job.needs.empty());
        CHECK(job.needs.front() == "base");
    }
    for (const std::string& id : place.asked) CHECK(place.asked.count(id) == 1);
}

TEST_CASE("what can be had is no job, and nothing below it is needed") {
    MatrixPlace place;
    place.made = {"kernel:plain:8.9"};
    const Plan plan = place.world.plan();
    const std::vector<std::string> needs = plan.find("kernel:plain:8.0")->needs;
    REQUIRE(needs.size() > 1);
    place.made.insert(needs.begin(), needs.end());
    const std::vector<MatrixJob> jobs = place.jobs();
    REQUIRE(steps_of(jobs) == std::vector<std::string>{"kernel:plain:8.0"});
    CHECK(jobs[0].needs.empty());
    place.made.insert("kernel:plain:8.0");
    CHECK(place.jobs().empty());
}

TEST_CASE("what is missing above something that can be had is needed without it") {
    MatrixPlace place;
    place.made = {"base"};
    const std::vector<MatrixJob> jobs = place.jobs();
    REQUIRE(jobs.size() == 2);
    for (const std::string& id : jobs[0].needs) CHECK(id != "base");
    CHECK_FALSE(jobs[0].needs.empty());
}

TEST_CASE("a lock that lacks something is refused, since machines that complete it could differ") {
    MatrixPlace place;
    place.world.lock.apts.clear();
    try {
        (void)place.jobs();
        FAIL("not refused");
    } catch (const BuildError& refused) {
        CHECK(refused.errors().front().kind == ErrorKind::usage);
        CHECK(refused.errors().front().hint.find("tmplbuild lock") != std::string::npos);
    }
}

TEST_CASE("jobs are printed as a matrix of a CI system") {
    MatrixPlace place;
    place.made = {"kernel:plain:8.0", "base"};
    const json::object printed = matrix_json(place.jobs());
    REQUIRE(printed.at("include").get_array().size() == 1);
    const json::object& job = printed.at("include").get_array()[0].get_object();
    CHECK(job.at("step") == "kernel:plain:8.9");
    CHECK(job.at("variant") == "sm_89");
    CHECK(job.at("gpus") == json::array{"RTX 4090"});
    CHECK(job.at("key").get_string().starts_with("sha256:"));
    CHECK(job.at("seconds").is_double());
    CHECK(job.at("needs").is_array());
    place.made.insert("kernel:plain:8.9");
    CHECK(boost::json::serialize(matrix_json(place.jobs())) == R"({"include":[]})");
}
