// SPDX-License-Identifier: Apache-2.0
// What no machine can start is refused before anything is made; and what was begun one by one ends one by one.
#include "engine/layer_count.hpp"

#include "engine/sequential_progress.hpp"
#include "support/catch.hpp"
#include "template/parse.hpp"

using namespace tmplbuild;

static Template of_files(std::size_t count) {
    Template tmpl;
    for (std::size_t i = 0; i < count; ++i) {
        Layer layer;
        layer.name = std::to_string(i);
        layer.body = FilesLayer{};
        tmpl.layers.push_back(layer);
    }
    return tmpl;
}

TEST_CASE("layers are counted with the base's, the launcher's and pod.json, by the template alone") {
    LocalFacts debian;
    CHECK_NOTHROW(refuse_too_many_layers(of_files(117), debian));
    CHECK_THROWS_AS(refuse_too_many_layers(of_files(118), debian), BuildError);
    LocalFacts layout;
    layout.base_image = Sha256::of("image");
    layout.base_layers = 100;
    CHECK_NOTHROW(refuse_too_many_layers(of_files(18), layout));
    CHECK_THROWS_AS(refuse_too_many_layers(of_files(19), layout), BuildError);
    // One venv is at least one layer, however many parts of it there are; packages may join the base.
    Template tmpl = of_files(116);
    for (int i = 0; i < 10; ++i) {
        Layer python, apt;
        PythonLayer venv;
        venv.venv = "/opt/venv";
        python.body = venv;
        apt.body = AptLayer{};
        tmpl.layers.push_back(python);
        tmpl.layers.push_back(apt);
    }
    CHECK_NOTHROW(refuse_too_many_layers(tmpl, debian));
}

TEST_CASE("each variant of a kernel is a layer") {
    Template tmpl = of_files(115);
    const Template kernel = parse_template(
        "schema = 1\nname = \"k\"\nbase.debian.suite = \"bookworm\"\n[targets]\ngpus = [\"RTX 4090\", \"A100\"]\n"
        "[[kernels]]\nuse = \"plain\"\n",
        "t.toml", {{}, std::string(TEST_DATA) + "/fakes/recipes"});
    tmpl.kernels = kernel.kernels;
    tmpl.targets = kernel.targets;
    CHECK_NOTHROW(refuse_too_many_layers(tmpl, {}));
    tmpl.layers.push_back(tmpl.layers.front());
    tmpl.layers.back().name = "one more";
    CHECK_THROWS_AS(refuse_too_many_layers(tmpl, {}), BuildError);
}

TEST_CASE("by the plan, each step counts with what it makes at least, or has made") {
    const sys::TempDirectory folder =
        sys::TempDirectory::make(std::filesystem::temp_directory_path(), "layers-test-").value();
    const Store store = Store::open(folder.path() / "store").value();
    Plan plan;
    for (int i = 0; i < 120; ++i) plan.steps.push_back({.id = "run:" + std::to_string(i), .spec = RunSpec{}});
    plan.steps.push_back({.id = "apt:none", .spec = AptSpec{}, .least_layers = 0});
    plan.steps.push_back({.id = "apt:tools", .spec = AptSpec{}, .in_image = false});
    CHECK_NOTHROW(refuse_too_many_layers(plan, store));
    plan.steps[0].least_layers = 2;
    CHECK_THROWS_AS(refuse_too_many_layers(plan, store), BuildError);
    Record record{"run:0", CanonicalKey().add("a", "b"), {}, {}, 0, 0};
    plan.steps[0].key = record.key;
    REQUIRE(store.put_record(record));
    CHECK_NOTHROW(refuse_too_many_layers(plan, store));
}

TEST_CASE("work that says only when it begins has ended when the next begins, and at the last") {
    struct Noted : SilentProgress {
        std::string said;
        void started(const std::string& step, const std::string&) override { said += "+" + step; }
        void finished(const std::string& step, StepOutcome, double, const std::string&) override { said += "." + step; }
        void ended(const std::string& step) override { said += "-" + step; }
    } shown;
    {
        SequentialProgress progress(shown);
        progress.started("a", "");
        progress.started("a", "again");
        progress.started("b", "");
        progress.finished("b", StepOutcome::built, 0, "");
        progress.started("c", "");
    }
    CHECK(shown.said == "+a+a-a+b.b+c-c");
}
