// SPDX-License-Identifier: Apache-2.0
// A venv's layers in a store that has some of them: what is packed again, and that the bytes are those of a store that
// has none.
#include "python_place.hpp"

using namespace test;

namespace {

using Texts = std::vector<std::string>;

struct SaidProgress : SilentProgress {
    void doing(const std::string&, const std::string& what) override { said.push_back(what); }
    Texts said;
};

// A place whose venv has one path whatever the place, so that layers of two places can be compared.
struct GroupsPlace : PythonPlace {
    GroupsPlace() { spec.locked.venv = "/opt/venv-of-test"; }

    // In the lock's order.
    void set(const std::vector<TestWheel>& wheels) {
        spec.locked.distributions.clear();
        for (const TestWheel& wheel : wheels) add(wheel);
    }
    std::vector<BuiltLayer> layers() {
        const StepContext quiet = context();
        StepContext with{.step = quiet.step,
                         .store = store,
                         .processes = processes,
                         .http = http,
                         .progress = told,
                         .stop = {},
                         .compression = Compression::none,
                         .contract = quiet.contract,
                         .sandbox = &sandbox,
                         .jobs = 2};
        told.said.clear();
        return build_step(spec, with).value().layers;
    }
    SaidProgress told;
};

std::vector<BuiltLayer> from_nothing(const std::vector<TestWheel>& wheels, const Texts& allow_shared = {}) {
    GroupsPlace place;
    place.set(wheels);
    place.spec.allow_shared = allow_shared;
    return place.layers();
}

TestWheel pure(const std::string& name, int group, const std::string& text = "X = 1\n") {
    return {.name = name,
            .items = {{name + "/__init__.py", text}, {name + "-1.0.data/scripts/run-" + name, "#!python\nX = 1\n"}},
            .entry_points = "[console_scripts]\n" + name + " = " + name + ":main\n",
            .group = group};
}

}  // namespace

TEST_CASE("one more wheel: its group alone is compiled and packed, with the bytes of a store that has nothing") {
    const std::vector<TestWheel> before = {pure("a", 0), pure("b", 1), pure("d", 2)};
    const std::vector<TestWheel> after = {pure("a", 0), pure("b", 1), pure("c", 1), pure("d", 2)};
    GroupsPlace place;
    place.set(before);
    const auto first = place.layers();
    CHECK(place.told.said == Texts{"compiling bytecode", "packing 3 distributions"});
    place.set(after);
    const auto second = place.layers();
    CHECK(place.told.said ==
          Texts{"compiling bytecode", "packing 2 distributions; the layers of 2 more are in the store"});
    CHECK(second == from_nothing(after));
    REQUIRE(second.size() == 4);
    CHECK(second[0] == first[0]);
    CHECK(second[1] != first[1]);
    CHECK(second[2] == first[2]);
    CHECK(second[3] == first[3]);
    // Without it again, everything is in the store, and no sandbox is made.
    const int opened = place.sandbox.opened;
    place.set(before);
    CHECK(place.layers() == first);
    CHECK(place.told.said == Texts{"packing 0 distributions; the layers of 3 more are in the store"});
    CHECK(place.sandbox.opened == opened);
    CHECK(fs::is_empty(place.store.root() / "tmp"));
}

TEST_CASE("a changed wheel is packed again, also under its old name and version") {
    GroupsPlace place;
    place.set({pure("a", 0), pure("b", 1)});
    const auto first = place.layers();
    const std::vector<TestWheel> changed = {pure("a", 0), pure("b", 1, "X = 2\n")};
    place.set(changed);
    const auto second = place.layers();
    CHECK(second == from_nothing(changed));
    CHECK(second[0] == first[0]);
    CHECK(second[1] != first[1]);
}

TEST_CASE("a file that another group's wheel takes over is left out of a layer that the store has with it") {
    const auto brings = [](const std::string& name, int group, const std::string& text) {
        TestWheel wheel = pure(name, group);
        wheel.items.push_back({"shared/__init__.py", ""});
        if (!text.empty()) wheel.items.push_back({"shared/module.py", text});
        return wheel;
    };
    GroupsPlace place;
    place.set({brings("a", 0, "A = 1\n")});
    const auto alone = place.layers();
    // An equal __init__.py gives way without a word, module.py by permission.
    const std::vector<TestWheel> both = {brings("a", 0, "A = 1\n"), brings("b", 1, "B = 1\n")};
    place.set(both);
    place.spec.allow_shared = {"a", "b"};
    const auto second = place.layers();
    CHECK(place.told.said == Texts{"compiling bytecode", "packing 2 distributions"});
    CHECK(second == from_nothing(both, {"a", "b"}));
    CHECK(second[0] != alone[0]);
    // And back: the store has both kinds of the layer.
    place.set({brings("a", 0, "A = 1\n")});
    CHECK(place.layers() == alone);
}

TEST_CASE("what two groups bring is refused though the layer of one is in the store") {
    GroupsPlace place;
    place.set({pure("a", 0)});
    (void)place.layers();
    TestWheel other = pure("b", 1);
    other.items.push_back({"a/__init__.py", "X = 3\n"});
    place.set({pure("a", 0), other});
    CHECK(says(place.refusal(), "a 1.0 and b 1.0 both bring the file"));
    TestWheel folder = pure("c", 1);
    folder.items.push_back({"a/__init__.py/x.py", ""});
    place.set({pure("a", 0), folder});
    CHECK(says(place.refusal(), "is a file of a 1.0 and a folder of c 1.0"));
}

TEST_CASE("another place, interpreter, compression or rule for RECORD is another layer") {
    GroupsPlace place;
    place.set({pure("a", 0)});
    const auto first = place.layers();
    const auto packs = [&](const std::function<void(StepContext&, PythonSpec&)>& change) {
        StepContext with = place.context();
        PythonSpec spec = place.spec;
        change(with, spec);
        const auto built = build_step(spec, with);
        // Another interpreter than this machine's is refused once it is asked for bytecode, which shows that it was.
        return !built || built->layers[0] != first[0];
    };
    CHECK_FALSE(packs([](auto&, auto&) {}));
    CHECK(packs([](auto&, auto& spec) { spec.locked.venv = "/opt/other"; }));
    CHECK(packs([](auto& with, auto&) { with.compression = Compression::gzip; }));
    CHECK(packs([](auto& with, auto&) { with.contract.python->magic = "00000000"; }));
    CHECK(packs([](auto& with, auto&) { with.contract.python->cache_tag = "cpython-1"; }));
    CHECK(packs([](auto& with, auto&) { with.contract.folders.symlinks["opt"] = "usr/opt"; }));
    // The bytes may be equal here, so the store is asked: one more record.
    const auto records = [&] {
        return std::distance(fs::directory_iterator(place.store.root() / "records"), fs::directory_iterator());
    };
    const auto before = records();
    place.spec.allow_bad_record = {"a"};
    (void)place.layers();
    CHECK(records() == before + 1);
}

TEST_CASE("a layer whose blob is gone is packed again") {
    GroupsPlace place;
    place.set({pure("a", 0), pure("b", 1)});
    const auto first = place.layers();
    fs::remove(place.store.blob_path(first[0].digest));
    CHECK(place.layers() == first);
    CHECK(place.told.said ==
          Texts{"compiling bytecode", "packing 1 distribution; the layers of 1 more are in the store"});
}

TEST_CASE("groups that were packed before a failure are not packed again") {
    GroupsPlace place;
    TestWheel good = pure("b", 1);
    good.items.push_back({"b/data.txt", "data"});  // read once it is packed, unlike a source
    TestWheel bad = good;
    bad.record = {{"b/data.txt", NamedHash::sha256("something else")}};
    place.set({pure("a", 0), bad});
    StepContext with = place.context(1);
    CHECK_FALSE(build_step(place.spec, with));
    place.set({pure("a", 0), good});
    (void)place.layers();
    CHECK(place.told.said ==
          Texts{"compiling bytecode", "packing 1 distribution; the layers of 1 more are in the store"});
}
