// SPDX-License-Identifier: Apache-2.0
// Which layers of a build go up before it ends, and when.
#include "engine/pushed_steps.hpp"

#include "registry/pushed.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

// A step's layer is its id, in the store.
class StoredSteps : public StepMaker {
  public:
    explicit StoredSteps(const Store& store) : store_(store) {}
    bool is_failing = false;

    std::optional<StepResult> find(const Step& step) override { return result_of(step); }
    std::uint64_t memory_of(const Step&) override { return 0; }
    void begin() override {}
    bool can_have(const StepResult&) const override { return true; }
    Result<StepResult> make(const Step& step, const StepInputs&, const std::stop_token&) override {
        if (is_failing) return build_error("no");
        return result_of(step);
    }

  private:
    StepResult result_of(const Step& step) const {
        BuiltLayer layer{};
        layer.digest = Sha256::of(step.id);
        layer.size = step.id.size();
        store_.put_blob(layer.digest, step.id).value();
        StepResult out;
        out.output.layers = {layer};
        return out;
    }
    const Store& store_;
};

struct Built : Pusher {
    registry::Client client{.http = there, .runner = helper, .first_pause = std::chrono::milliseconds(1)};
    StoredSteps steps{store};

    static Step step(const std::string& id, bool in_image = true) {
        Step out{};
        out.id = id;
        out.in_image = in_image;
        return out;
    }
    PushedSteps pushed(const std::vector<std::string>& outputs) {
        std::vector<oci::ImageName> names;
        for (const std::string& output : outputs) names.push_back(oci::ImageName::parse(output).value());
        return {steps, names, &client, store, progress};
    }
    bool arrived(const std::string& id, const std::string& repository = "me/x") {
        return there.blobs[repository].contains(Sha256::of(id));
    }
};

}  // namespace

TEST_CASE("layers of the image go up, those in the store and those that are made, and no others") {
    Built built;
    PushedSteps pushed = built.pushed({"docker://ghcr.io/me/x:1", "oci:out", "docker://ghcr.io/me/y:1"});
    REQUIRE(pushed.find(Built::step("found")));
    REQUIRE(pushed.find(Built::step("throwaway", false)));
    pushed.begin();
    REQUIRE(pushed.make(Built::step("made"), {}, {}));
    REQUIRE(pushed.make(Built::step("compiler", false), {}, {}));
    built.steps.is_failing = true;
    CHECK_FALSE(pushed.make(Built::step("failed"), {}, {}));
    pushed.finish({});
    CHECK(built.arrived("found"));
    CHECK(built.arrived("made"));
    CHECK(built.there.blobs["me/x"].size() == 2);
    CHECK(built.there.blobs["me/y"].empty());  // the push mounts them there
}

TEST_CASE("a build that makes nothing, or writes to no registry, asks none") {
    Built built;
    {
        PushedSteps pushed = built.pushed({"docker://ghcr.io/me/x:1"});
        REQUIRE(pushed.find(Built::step("found")));
        pushed.finish({});
    }
    PushedSteps pushed = built.pushed({"oci:out"});
    pushed.begin();
    REQUIRE(pushed.make(Built::step("made"), {}, {}));
    pushed.finish({});
    CHECK(built.there.asked.empty());
}
