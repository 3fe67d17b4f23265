// SPDX-License-Identifier: Apache-2.0
// How a plan's steps run, with steps that a test makes: order, what they are given, hits, throwaways, failures, stops,
// memory. No process, no sandbox, nothing that waits for a clock.
#include "engine/run_plan.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "support/catch.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

using Texts = std::vector<std::string>;

CanonicalKey key_named(const std::string& id) {
    CanonicalKey key;
    key.add("id", std::string_view(id));
    return key;
}

template <class Spec = FilesSpec>
Step step_named(const std::string& id, Texts needs = {}, Spec spec = {}) {
    Step step{.id = id, .spec = std::move(spec), .needs = std::move(needs)};
    step.key = key_named(id);
    return step;
}

Step compile_named(const std::string& id, std::uint64_t memory) {
    Step step = step_named(id, {}, KernelSpec{});
    step.estimated_memory = memory;
    return step;
}

// Makes steps as a test says, and keeps what happened: "+a" began, "-a" ended.
class FakeSteps : public StepMaker {
  public:
    using Make = std::function<Result<StepResult>(const StepInputs&, const std::stop_token&)>;
    std::set<std::string> in_store{};
    std::map<std::string, StepResult> stored{};
    std::map<std::string, Make> makes{};
    std::set<std::string> lost{};  // by ids of hits, what a cache turned out to have lost

    std::optional<StepResult> find(const Step& step) override {
        looked_for.insert(step.id);
        if (const auto found = stored.find(step.id); found != stored.end()) return found->second;
        if (!in_store.contains(step.id)) return {};
        StepResult result = result_of(step.id);
        result.hit = true;
        return result;
    }
    bool can_have(const StepResult& result) const override {
        const std::lock_guard lock(mutex_);
        return !lost.contains(result.output.layers.at(0).comment);
    }
    std::uint64_t memory_of(const Step& step) override {
        ++asked_for_memory[step.id];
        return step.estimated_memory;
    }
    void begin() override { ++begun; }
    Result<StepResult> make(const Step& step, const StepInputs& inputs, const std::stop_token& stop) override {
        note("+" + step.id);
        const auto found = makes.find(step.id);
        auto made = found == makes.end() ? Result<StepResult>(result_of(step.id)) : found->second(inputs, stop);
        note("-" + step.id);
        return made;
    }

    static StepResult result_of(const std::string& id) {
        StepResult result;
        BuiltLayer layer;
        layer.comment = id;
        result.output.layers.push_back(layer);
        result.output.facts["of"] = id;
        return result;
    }
    void lose(const std::string& id) {
        const std::lock_guard lock(mutex_);
        lost.insert(id);
        stored.erase(id);
        in_store.erase(id);
    }
    // Waits until that was noted. A test whose steps never get there fails at its time limit.
    void wait_for(const std::string& text) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return std::find(log_.begin(), log_.end(), text) != log_.end(); });
    }
    Texts log() {
        const std::lock_guard lock(mutex_);
        return log_;
    }
    bool has(const std::string& text) {
        const Texts all = log();
        return std::find(all.begin(), all.end(), text) != all.end();
    }
    // Whether `first` was noted before `second`, and both were.
    bool is_before(const std::string& first, const std::string& second) {
        const Texts all = log();
        const auto one = std::find(all.begin(), all.end(), first);
        return one != all.end() && std::find(one, all.end(), second) != all.end();
    }

    int begun = 0;
    std::map<std::string, int> asked_for_memory{};
    std::set<std::string> looked_for{};

  private:
    void note(const std::string& text) {
        const std::lock_guard lock(mutex_);
        log_.push_back(text);
        changed_.notify_all();
    }
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Texts log_;
};

constexpr std::uint64_t gib = 1ULL << 30;

struct Workshop {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "run-plan-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    MachineBudget budget{{.cores = 4, .memory = 16 * gib}};
    FakeSteps steps{};
    SilentProgress progress{};
    std::stop_source stop{};

    std::vector<BuiltStep> run(std::vector<Step> list) {
        Plan plan;
        plan.steps = std::move(list);
        return run_plan(plan, steps, budget, progress, stop.get_token());
    }
    Error failure_of(std::vector<Step> list) {
        try {
            run(std::move(list));
        } catch (const BuildError& error) {
            REQUIRE(error.errors().size() == 1);
            return error.errors().front();
        }
        FAIL("it did not fail");
        return {};
    }
};

Texts ids(const std::vector<BuiltStep>& built) {
    Texts out;
    for (const BuiltStep& step : built) out.push_back(step.id);
    return out;
}

}  // namespace

TEST_CASE("a step is made after what it needs, and gets its layers from the bottom and its facts") {
    Workshop shop;
    StepInputs got;
    shop.steps.makes["top"] = [&](const StepInputs& inputs, const std::stop_token&) {
        got = inputs;
        return FakeSteps::result_of("top");
    };
    const auto built = shop.run({step_named("base"), step_named("middle", {"base"}), step_named("beside"),
                                 step_named("top", {"base", "middle"})});
    CHECK(ids(built) == Texts{"base", "middle", "beside", "top"});
    CHECK(shop.steps.is_before("-base", "+middle"));
    CHECK(shop.steps.is_before("-middle", "+top"));
    REQUIRE(got.below.size() == 2);
    CHECK(got.below[0].comment == "base");
    CHECK(got.below[1].comment == "middle");
    CHECK(got.needed.at("middle").facts.at("of").as_string() == "middle");
    CHECK(got.needed.at("middle").key == key_named("middle").digest());
    CHECK_FALSE(got.needed.contains("beside"));
}

TEST_CASE("what a step throws is the error of the build, and the builder lives on") {
    Workshop shop;
    shop.steps.makes["a"] = [](const StepInputs&, const std::stop_token&) -> Result<StepResult> {
        throw BuildError(usage_error("no such place", "name one that is there"));
    };
    CHECK(shop.failure_of({step_named("a")}).message == "no such place");
    shop.steps.makes["a"] = [](const StepInputs&, const std::stop_token&) -> Result<StepResult> {
        return FakeSteps::result_of(std::string().at(1) == 'x' ? "a" : "b");
    };
    const Error error = shop.failure_of({step_named("a")});
    CHECK(error.kind == ErrorKind::build);
    CHECK(error.message.starts_with("this should not have happened: "));
}

TEST_CASE("steps that do not need each other run side by side") {
    Workshop shop;
    // Each waits for the other's beginning: one after the other, they would never end.
    shop.steps.makes["a"] = [&](const StepInputs&, const std::stop_token&) {
        shop.steps.wait_for("+b");
        return FakeSteps::result_of("a");
    };
    shop.steps.makes["b"] = [&](const StepInputs&, const std::stop_token&) {
        shop.steps.wait_for("+a");
        return FakeSteps::result_of("b");
    };
    CHECK(shop.run({step_named("a"), step_named("b")}).size() == 2);
}

TEST_CASE("who has signed what a step rests on is told to what is made over it") {
    Workshop shop;
    shop.steps.stored = {{"a", FakeSteps::result_of("a")}, {"b", FakeSteps::result_of("b")}};
    shop.steps.stored["a"].signers = {""};
    shop.steps.stored["b"].signers = {"one", "two"};
    std::map<std::string, std::set<std::string>> told;
    for (const char* id : {"c", "d"})
        shop.steps.makes[id] = [&, id](const StepInputs& inputs, const std::stop_token&) {
            told[id] = inputs.signers;
            StepResult result = FakeSteps::result_of(id);
            result.signers = inputs.signers;
            return result;
        };
    CHECK(shop.run({step_named("a"), step_named("b"), step_named("c", {"b"}), step_named("d", {"a", "c"})}).size() ==
          4);
    CHECK(told["c"] == std::set<std::string>{"one", "two"});
    CHECK(told["d"] == std::set<std::string>{"", "one", "two"});
}

TEST_CASE("what is in the store is not made, and without a missing step nothing is set up") {
    Workshop shop;
    shop.steps.in_store = {"base", "files:a"};
    const auto built = shop.run({step_named("base"), step_named("files:a", {"base"})});
    CHECK(ids(built) == Texts{"base", "files:a"});
    CHECK(built[0].hit);
    CHECK(shop.steps.begun == 0);
    CHECK(shop.steps.log().empty());
}

TEST_CASE("a throwaway is looked at and made only for a step that is missing") {
    Step tools = step_named("tools", {"base"});
    tools.in_image = false;
    const std::vector<Step> plan = {step_named("base"), tools, step_named("kernel", {"base", "tools"})};
    Workshop whole;
    whole.steps.in_store = {"base", "kernel"};
    CHECK(ids(whole.run(plan)) == Texts{"base", "kernel"});
    CHECK_FALSE(whole.steps.looked_for.contains("tools"));
    Workshop lacks;
    lacks.steps.in_store = {"base"};
    const auto built = lacks.run(plan);
    CHECK(ids(built) == Texts{"base", "tools", "kernel"});
    CHECK_FALSE(built[1].in_image);
    CHECK(lacks.steps.begun == 1);
    CHECK(lacks.steps.log() == Texts{"+tools", "-tools", "+kernel", "-kernel"});
}

TEST_CASE("the first failure stops what runs, and nothing else is begun") {
    Workshop shop;
    shop.steps.makes["bad"] = [&](const StepInputs&, const std::stop_token&) -> Result<StepResult> {
        shop.steps.wait_for("+long");
        return build_error("No space left on device");
    };
    shop.steps.makes["long"] = [](const StepInputs&, const std::stop_token& stop) -> Result<StepResult> {
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any never;
        never.wait(lock, stop, [] { return false; });
        return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
    };
    const Error error = shop.failure_of({step_named("bad"), step_named("long"), step_named("after", {"bad"})});
    CHECK(error.message == "No space left on device");
    CHECK(shop.steps.has("-long"));
    CHECK_FALSE(shop.steps.has("+after"));
}

TEST_CASE("a stop ends what runs and begins nothing") {
    Workshop shop;
    shop.steps.makes["a"] = [&](const StepInputs&, const std::stop_token& stop) -> Result<StepResult> {
        shop.stop.request_stop();
        CHECK(stop.stop_requested());
        return FakeSteps::result_of("a");  // it was done just in time
    };
    const Error error = shop.failure_of({step_named("a"), step_named("b", {"a"})});
    CHECK(error.kind == ErrorKind::interrupted);
    CHECK_FALSE(shop.steps.has("+b"));
}

TEST_CASE("compiles whose memory does not fit together run one after the other") {
    Workshop shop;
    std::atomic<int> running = 0, most = 0;
    for (const char* id : {"kernel:k:8.9", "kernel:k:9.0a", "kernel:k:12.0"})
        shop.steps.makes[id] = [&, id](const StepInputs&, const std::stop_token&) {
            most = std::max(most.load(), ++running);
            std::this_thread::yield();
            --running;
            return FakeSteps::result_of(id);
        };
    CHECK(shop.run({compile_named("kernel:k:8.9", 9 * gib), compile_named("kernel:k:9.0a", 9 * gib),
                    compile_named("kernel:k:12.0", 9 * gib)})
              .size() == 3);
    CHECK(most == 1);
}

TEST_CASE("what a step needs is asked for once, and again when a compile has told more") {
    Workshop shop;
    // Ten wait for the first compile, and one more step begins and ends meanwhile.
    std::vector<Step> plan = {compile_named("kernel:k:8.0", 15 * gib)};
    for (int i = 0; i < 10; ++i) plan.push_back(compile_named("kernel:k:9." + std::to_string(i), 15 * gib));
    for (int i = 0; i < 5; ++i) plan.push_back(step_named("run:" + std::to_string(i), {}, RunSpec{}));
    shop.steps.makes["kernel:k:8.0"] = [&](const StepInputs&, const std::stop_token&) {
        for (int i = 0; i < 5; ++i) shop.steps.wait_for("-run:" + std::to_string(i));
        return FakeSteps::result_of("kernel:k:8.0");
    };
    CHECK(shop.run(plan).size() == 16);
    for (int i = 0; i < 10; ++i) CHECK(shop.steps.asked_for_memory.at("kernel:k:9." + std::to_string(i)) <= 11);
    CHECK(shop.steps.asked_for_memory.at("kernel:k:8.0") == 1);
}

TEST_CASE("what was killed for memory is tried once more, alone and with one process") {
    Workshop shop;
    int tries = 0;
    unsigned last_jobs = 0;
    shop.steps.makes["kernel:k:8.9"] = [&](const StepInputs& inputs, const std::stop_token&) -> Result<StepResult> {
        last_jobs = inputs.jobs;
        if (++tries == 2) {
            CHECK(shop.steps.has("-files:slow"));
            return FakeSteps::result_of("kernel:k:8.9");
        }
        inputs.tell_out_of_memory();
        return build_error("killed for memory");
    };
    shop.steps.makes["files:slow"] = [&](const StepInputs&, const std::stop_token&) {
        shop.steps.wait_for("-kernel:k:8.9");
        return FakeSteps::result_of("files:slow");
    };
    CHECK(shop.run({compile_named("kernel:k:8.9", gib), step_named("files:slow")}).size() == 2);
    CHECK(tries == 2);
    CHECK(last_jobs == 1);
}

TEST_CASE("what is killed for memory when it is alone fails") {
    Workshop shop;
    int tries = 0;
    shop.steps.makes["kernel:k:8.9"] = [&](const StepInputs& inputs, const std::stop_token&) -> Result<StepResult> {
        ++tries;
        if (inputs.tell_out_of_memory) inputs.tell_out_of_memory();
        return build_error("killed for memory");
    };
    CHECK(shop.failure_of({compile_named("kernel:k:8.9", gib)}).message == "killed for memory");
    CHECK(tries == 2);
}

TEST_CASE("steps that only wait run beside all others") {
    Workshop shop;
    std::vector<Step> plan;
    for (int i = 0; i < 12; ++i) {
        const std::string id = "run:" + std::to_string(i);
        shop.steps.makes[id] = [&, id](const StepInputs&, const std::stop_token&) {
            for (int other = 0; other < 12; ++other) shop.steps.wait_for("+run:" + std::to_string(other));
            return FakeSteps::result_of(id);
        };
        plan.push_back(step_named(id, {}, RunSpec{}));
    }
    CHECK(shop.run(plan).size() == 12);
}

namespace {

// A result of a change with these bytes, that was made over those.
StepResult result_over(const std::string& bytes, const std::string& below) {
    StepResult result = FakeSteps::result_of(bytes);
    result.output.layers[0].diff_id = Sha256::of(bytes);
    result.hit = true;
    if (below.empty()) return result;
    const StepOutput output = result_over(below, "").output;
    result.basis = basis_of(
        step_named("x", {"below"}, RunSpec{}), [&](const std::string&) -> auto& { return output; });
    REQUIRE(result.basis);
    return result;
}

// Three changes over each other, as one builder or another has made them.
std::vector<Step> chain() {
    return {step_named("a", {}, RunSpec{}), step_named("b", {"a"}, RunSpec{}), step_named("c", {"b"}, RunSpec{})};
}

}  // namespace

TEST_CASE("changes that were made over each other are taken as they are") {
    Workshop shop;
    shop.steps.stored = {{"a", result_over("a1", "")}, {"b", result_over("b1", "a1")}, {"c", result_over("c1", "b1")}};
    CHECK(ids(shop.run(chain())) == Texts{"a", "b", "c"});
    CHECK(shop.steps.log().empty());
}

TEST_CASE("a change that another builder made over other bytes is made again, and what stands on it with other bytes") {
    Workshop shop;
    shop.steps.stored = {{"a", result_over("a1", "")}, {"b", result_over("b2", "a2")}, {"c", result_over("c2", "b2")}};
    SECTION("it becomes another one here") {
        shop.steps.makes["b"] = [](const StepInputs&, const std::stop_token&) { return result_over("b1", "a1"); };
        CHECK(ids(shop.run(chain())) == Texts{"a", "b", "c"});
        CHECK(shop.steps.log() == Texts{"+b", "-b", "+c", "-c"});
    }
    SECTION("it becomes the same") {
        shop.steps.makes["b"] = [](const StepInputs&, const std::stop_token&) { return result_over("b2", "a1"); };
        CHECK(ids(shop.run(chain())) == Texts{"a", "b", "c"});
        CHECK(shop.steps.log() == Texts{"+b", "-b"});
    }
}

TEST_CASE("a change over one that has to be made is taken if that becomes what it was") {
    Workshop shop;
    shop.steps.stored = {{"b", result_over("b1", "a1")}, {"c", result_over("c1", "b1")}};
    const std::string becomes = GENERATE("a1", "a2");
    shop.steps.makes["a"] = [becomes](const StepInputs&, const std::stop_token&) { return result_over(becomes, ""); };
    shop.steps.makes["b"] = [](const StepInputs&, const std::stop_token&) { return result_over("b1", "a2"); };
    CHECK(ids(shop.run(chain())) == Texts{"a", "b", "c"});
    CHECK(shop.steps.log() == (becomes == "a1" ? Texts{"+a", "-a"} : Texts{"+a", "-a", "+b", "-b"}));
}

TEST_CASE("pod.json over another proof of the same kernel is made again") {
    const auto basis = [](const Step& step, json::object facts) {
        const StepOutput output{.layers = {}, .facts = std::move(facts)};
        return basis_of(
            step, [&](const std::string&) -> auto& { return output; });
    };
    const Step pod = step_named("pod", {"kernel:k:8.9"}, PodSpecStep{});
    CHECK(basis(pod, {{"proof", "1"}, {"log", "a"}}) == basis(pod, {{"proof", "1"}, {"log", "b"}}));
    CHECK(basis(pod, {{"proof", "1"}, {"log", "a"}}) != basis(pod, {{"proof", "2"}, {"log", "a"}}));
    CHECK_FALSE(basis(pod, {{"log", "a"}}));
    CHECK_FALSE(basis(step_named("files:x", {"kernel:k:8.9"}), {{"proof", "1"}}));
}

TEST_CASE("a throwaway that was made over other bytes is made again, where somebody needs it") {
    const auto throwaway = [](const std::string& id, Texts needs) {
        Step step = step_named(id, std::move(needs), RunSpec{});
        step.in_image = false;
        return step;
    };
    const std::vector<Step> plan = {step_named("a", {}, RunSpec{}), throwaway("tools", {"a"}),
                                    step_named("kernel", {"a", "tools"}, KernelSpec{})};
    Workshop shop;
    SECTION("what is below it is known at once") {
        shop.steps.stored = {{"a", result_over("a1", "")}, {"tools", result_over("t", "a2")}};
        CHECK(ids(shop.run(plan)) == Texts{"a", "tools", "kernel"});
        CHECK(shop.steps.log() == Texts{"+tools", "-tools", "+kernel", "-kernel"});
    }
    SECTION("what is below it is made first") {
        shop.steps.stored = {{"tools", result_over("t", "a2")}};
        shop.steps.makes["a"] = [](const StepInputs&, const std::stop_token&) { return result_over("a1", ""); };
        CHECK(ids(shop.run(plan)) == Texts{"a", "tools", "kernel"});
        CHECK(shop.steps.log() == Texts{"+a", "-a", "+tools", "-tools", "+kernel", "-kernel"});
    }
    SECTION("it was made over these") {
        shop.steps.stored = {{"a", result_over("a1", "")}, {"tools", result_over("t", "a1")}};
        CHECK(ids(shop.run(plan)) == Texts{"a", "tools", "kernel"});
        CHECK(shop.steps.log() == Texts{"+kernel", "-kernel"});
    }
    SECTION("nobody needs it") {
        shop.steps.stored = {{"kernel", result_over("k", "")}, {"tools", result_over("t", "a2")}};
        CHECK(ids(shop.run(plan)) == Texts{"a", "kernel"});
        CHECK(shop.steps.log() == Texts{"+a", "-a"});
    }
}

TEST_CASE("what a cache has lost is made first, and then the step again that could not read it") {
    Workshop shop;
    shop.steps.in_store = {"a", "b"};
    int tries = 0;
    const auto fails_once = [&](const std::string& id, const std::string& lost) {
        return [&, id, lost](const StepInputs&, const std::stop_token&) -> Result<StepResult> {
            if (++tries > 1) return FakeSteps::result_of(id);
            shop.steps.lose(lost);
            return network_error("404");
        };
    };
    SECTION("and is looked for again first") {
        shop.steps.makes["c"] = fails_once("c", "a");
        CHECK(ids(shop.run({step_named("a"), step_named("b", {"a"}), step_named("c", {"a", "b"})})) ==
              Texts{"a", "b", "c"});
        CHECK(shop.steps.log() == Texts{"+c", "-c", "+a", "-a", "+c", "-c"});
    }
    SECTION("with the throwaways that it needs") {
        Step tools = step_named("tools", {"a"});
        tools.in_image = false;
        shop.steps.makes["c"] = fails_once("c", "b");
        CHECK(ids(shop.run({step_named("a"), tools, step_named("b", {"a", "tools"}), step_named("c", {"a", "b"})})) ==
              Texts{"a", "tools", "b", "c"});
        CHECK(shop.steps.log() == Texts{"+c", "-c", "+tools", "-tools", "+b", "-b", "+c", "-c"});
    }
    SECTION("of two that needed it") {
        for (const char* id : {"c", "d"})
            shop.steps.makes[id] = [&, id](const StepInputs&, const std::stop_token&) -> Result<StepResult> {
                shop.steps.wait_for(std::string(id) == "c" ? "+d" : "+c");
                if (shop.steps.has("-a")) return FakeSteps::result_of(id);
                shop.steps.lose("a");
                return network_error("404");
            };
        CHECK(ids(shop.run({step_named("a"), step_named("c", {"a"}), step_named("d", {"a"})})) == Texts{"a", "c", "d"});
    }
    SECTION("and where it cannot be made, the build fails for that") {
        shop.steps.makes["c"] = fails_once("c", "a");
        shop.steps.makes["a"] = [](const StepInputs&, const std::stop_token&) -> Result<StepResult> {
            return build_error("no more");
        };
        CHECK(shop.failure_of({step_named("a"), step_named("c", {"a"})}).message == "no more");
    }
    SECTION("and a step that fails by itself fails") {
        shop.steps.makes["c"] = [](const StepInputs&, const std::stop_token&) -> Result<StepResult> {
            return network_error("404");
        };
        CHECK(shop.failure_of({step_named("a"), step_named("c", {"a"})}).message == "404");
    }
}
