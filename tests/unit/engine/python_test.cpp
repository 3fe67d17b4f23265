// SPDX-License-Identifier: Apache-2.0
#include "python_place.hpp"

using namespace test;

TEST_CASE("a venv runs: scripts, data, headers, namespaces, bytecode, RECORD") {
    PythonPlace place;
    TestWheel wheel{.name = "Thing"};
    wheel.items = {{"thing/__init__.py", "def main():\n    import sys\n    print('main', sys.argv[1:])\n"},
                   {"thing/broken.py", "{% if template %}\n"},
                   {"thing/tool.so",
                    "\x7f"
                    "ELF",
                    0100755},
                   {"thing/quiet.so", "x", 0100644},
                   {"ns/one/__init__.py", ""},
                   {"Thing-1.0.data/purelib/pure.py", "PURE = 1\n"},
                   {"Thing-1.0.data/platlib/plat.py", "PLAT = __file__\n"},
                   {"Thing-1.0.data/data/share/thing/x.json", "{}"},
                   {"Thing-1.0.data/data/lib64/thing.txt", "64"},
                   {"Thing-1.0.data/headers/thing.h", "#pragma once\n"},
                   {"Thing-1.0.data/scripts/old", "#!python -E\nimport thing\nthing.main()\n", 0100644},
                   {"Thing-1.0.data/scripts/shell", "#!/bin/sh\necho shell\n"},
                   {"Thing-1.0.data/scripts/thing-cli", "never"}};
    wheel.entry_points = "[console_scripts]\nthing-cli = thing:main\n[gui_scripts]\nthing-gui = thing:main\n";
    place.add(wheel);
    TestWheel other{.name = "other"};
    other.items = {{"ns/two.py", "TWO = 2\n"}};
    place.add(other);
    const StepOutput output = place.build_and_lay_out();
    const std::string bin = place.venv / "bin";

    CHECK(place.run({bin + "/thing-cli", "a b"}).out == "main ['a b']\n");
    CHECK(place.run({bin + "/thing-gui"}).out == "main []\n");
    CHECK(place.run({bin + "/old", "c"}).out == "main ['c']\n");
    CHECK(place.run({bin + "/shell"}).out == "shell\n");
    const auto imported = place.run({bin + "/python", "-I", "-c",
                                     "import sys, pure, plat, ns.one, ns.two, thing\n"
                                     "print(sys.prefix, sys.base_prefix, plat.PLAT, thing.main.__code__.co_filename)"});
    INFO(imported.tail_text());
    CHECK(imported.out == place.venv.string() + " /usr " + (place.venv / place.site / "plat.py").string() + " " +
                              (place.venv / place.site / "thing/__init__.py").string() + "\n");
    CHECK(fs::read_symlink(place.venv / "lib64") == "lib");
    CHECK(fs::read_symlink(bin + "/python") == "/usr/bin/python3");
    CHECK(place.text("lib/thing.txt") == "64");
    CHECK(place.text("share/thing/x.json") == "{}");
    CHECK(place.text("include/site/" + place.site.substr(4, place.site.find('/', 4) - 4) + "/Thing/thing.h") ==
          "#pragma once\n");
    CHECK(place.mode(place.site + "/thing/tool.so") == "755");
    CHECK(place.mode(place.site + "/thing/quiet.so") == "644");
    CHECK(place.mode("bin/old") == "755");
    CHECK(place.mode("bin/shell") == "755");
    CHECK(place.mode("bin/thing-cli") == "755");
    const std::string tag = host_python().cache_tag;
    CHECK(fs::exists(place.venv / place.site / ("thing/__pycache__/__init__." + tag + ".pyc")));
    CHECK_FALSE(fs::exists(place.venv / place.site / ("thing/__pycache__/broken." + tag + ".pyc")));
    CHECK(place.text(place.site + "/Thing-1.0.dist-info/INSTALLER") == "tmplbuild\n");
    CHECK(json::canonical(output.facts) ==
          R"({"console_scripts":["thing-cli","thing-gui"],"distributions":[{"name":"Thing","version":"1.0"},)"
          R"({"name":"other","version":"1.0"}]})");

    // Every file is in one RECORD with its hash, as importlib.metadata sees it; what is not, is the venv's own.
    const auto checked = place.run({bin + "/python", "-I", "-c", R"(
import base64, hashlib, importlib.metadata as m, os, sys
seen = set()
for d in m.distributions(path=[p for p in sys.path if p.startswith(sys.prefix)]):
    for f in d.files:
        path = os.path.normpath(f.locate())
        assert path not in seen and os.path.exists(path), path
        seen.add(path)
        if f.hash is None: assert f.name == 'RECORD', path; continue
        data = open(path, 'rb').read()
        digest = base64.urlsafe_b64encode(hashlib.new(f.hash.mode, data).digest()).decode().rstrip('=')
        assert (digest, len(data)) == (f.hash.value, f.size), path
for top, folders, files in os.walk(sys.prefix):
    for f in files:
        path = os.path.join(top, f)
        if path not in seen: print(os.path.relpath(path, sys.prefix))
)"});
    INFO(checked.tail_text());
    CHECK(checked.exit_code == 0);
    std::vector<std::string> own;
    std::istringstream lines(checked.out);
    for (std::string line; std::getline(lines, line);) own.push_back(line);
    std::sort(own.begin(), own.end());
    CHECK(own == std::vector<std::string>{"bin/activate", "bin/python", "bin/python3",
                                          "bin/python" + host_python().major_minor(), "pyvenv.cfg"});
}

TEST_CASE("a long path to the interpreter is no obstacle to scripts") {
    PythonPlace place;
    place.venv = place.root / std::string(150, 'v') / "with space";
    place.spec.locked.venv = place.venv;
    TestWheel wheel;
    wheel.items = {{"thing.py", "import sys\ndef main(): print(sys.argv[1:], sys.prefix)\n"},
                   {"thing-1.0.data/scripts/old", "#!python\nimport thing; thing.main()\n"}};
    wheel.entry_points = "[console_scripts]\nrun = thing:main\n";
    place.add(wheel);
    place.build_and_lay_out();
    for (const char* script : {"run", "old"})
        CHECK(place.run({place.venv / "bin" / script, "a  b", "$c"}).out ==
              "['a  b', '$c'] " + place.venv.string() + "\n");
}

TEST_CASE("activate and deactivate leave a shell as it was") {
    PythonPlace place;
    place.add({});
    place.build_and_lay_out();
    const std::string script =
        "set -eu; PS1='$ '; PYTHONHOME=/nowhere; before=$PATH\n"
        ". '" +
        (place.venv / "bin/activate").string() +
        "'\n"
        "command -v python; echo $VIRTUAL_ENV \"$PS1\" ${PYTHONHOME-none}\n"
        ". '" +
        (place.venv / "bin/activate").string() +
        "'\n"  // twice is once
        "deactivate; [ \"$PATH\" = \"$before\" ]; echo \"${VIRTUAL_ENV-none} $PS1 $PYTHONHOME\"\n"
        "command -v deactivate || echo gone\n";
    for (const char* shell : {"sh", "bash"}) {
        const auto said = place.run({shell, "-c", script});
        INFO(said.tail_text());
        CHECK(said.out == (place.venv / "bin/python").string() + "\n" + place.venv.string() +
                              " (venv) $  none\nnone $  /nowhere\ngone\n");
    }
}

TEST_CASE("active kernels come first on the path, also under -I and with nothing in the environment") {
    PythonPlace place;
    place.spec.kernels = {"attention", "second"};
    TestWheel wheel;
    wheel.items = {{"zz_later.pth", "import sys; sys.path.append('/later')\n"}};
    place.add(wheel);
    place.build_and_lay_out();
    for (const char* flag : {"-I", "-E"}) {
        const auto said = place.run({"/usr/bin/env", "-i", place.venv / "bin/python", flag, "-c",
                                     "import sys; print([p for p in sys.path if p][:2])"});
        CHECK(said.out == "['/run/tmplbuild/kernels/attention/active', '/run/tmplbuild/kernels/second/active']\n");
    }
}

TEST_CASE("the same venv has the same bytes, whatever runs beside it") {
    PythonPlace one, two;
    for (PythonPlace* place : {&one, &two}) {
        // Equal paths: a layer names the venv's.
        place->spec.locked.venv = "/opt/venv";
        for (int number = 0; number < 3; ++number) {
            TestWheel wheel{.name = "thing" + std::to_string(number), .group = number % 2};
            for (int i = 0; i < 250; ++i)
                wheel.items.push_back({wheel.name + "/m" + std::to_string(i) + ".py",
                                       "x = {'a', 'b', 'c'}\ndef f(y): return y in {'p', 'q', 'r', 's'}\n"
                                       "NAME" +
                                           std::to_string(i) + " = 'name'\nassert x is 1, f\n"});
            wheel.items.push_back({wheel.name + "/latin.py", "# -*- coding: iso8859-7 -*-\nx = 'name'\n"});
            place->add(wheel);
        }
    }
    const auto first = one.build(1).value(), second = two.build(3).value();
    REQUIRE(first.layers.size() == 3);
    CHECK(first.layers == second.layers);
    CHECK(first.layers[0].comment == "python:venv: thing0 1.0, thing2 1.0");
    // One distribution out, and the other group's layer does not move.
    two.spec.locked.distributions.erase(two.spec.locked.distributions.begin());
    const auto third = two.build(2).value();
    CHECK(third.layers[0] != first.layers[0]);
    CHECK(third.layers[1] == first.layers[1]);
    CHECK(third.layers[2] == first.layers[2]);
    CHECK(fs::is_empty(one.store.root() / "tmp"));
}

TEST_CASE("times come from the wheel, never from before 1980") {
    PythonPlace place;
    TestWheel wheel;
    wheel.items = {{"new.py", "", 0100644, 0, 41 << 9 | 5 << 5 | 6}, {"zero.py", "", 0100644, 0, 0}};
    place.add(wheel);
    place.build_and_lay_out();
    const auto said =
        place.run({"stat", "-c", "%Y", place.venv / place.site / "new.py", place.venv / place.site / "zero.py",
                   place.venv / place.site / "__pycache__" / ("new." + host_python().cache_tag + ".pyc")});
    CHECK(said.out == "1620259200\n315532800\n1620259200\n");
}

TEST_CASE("bytecode is used as it is: unchecked, by hash") {
    PythonPlace place;
    TestWheel wheel;
    wheel.items = {{"thing.py", "X = 'compiled'\n"},
                   {"__pycache__/thing." + host_python().cache_tag + ".pyc", "shipped"},
                   {"__pycache__/gone.pyc", "kept"}};
    place.add(wheel);
    place.build_and_lay_out();
    const std::string pyc = place.text(place.site + "/__pycache__/thing." + host_python().cache_tag + ".pyc");
    CHECK(pyc.substr(4, 4) == std::string("\1\0\0\0", 4));  // PEP 552: hash-based, source not looked at
    CHECK(place.text(place.site + "/__pycache__/gone.pyc") == "kept");
    const std::string record = place.text(place.site + "/thing-1.0.dist-info/RECORD");
    CHECK(says(record, NamedHash::sha256(pyc)));
    CHECK_FALSE(says(record, NamedHash::sha256("shipped")));
    std::ofstream(place.venv / place.site / "thing.py") << "X = 'changed'\n";
    CHECK(place.run({place.venv / "bin/python", "-c", "import thing; print(thing.X)"}).out == "compiled\n");
}

TEST_CASE("without a Python, with another one, or without its files, there is no venv") {
    PythonPlace place;
    place.add({.items = {{"thing.py", ""}}});
    StepContext without = place.context();
    without.contract.python.reset();
    auto none = build_step(place.spec, without);
    REQUIRE_FALSE(none);
    CHECK(says(none.error().message, "the base has no Python"));
    StepContext other = place.context();
    other.contract.python->magic = "00000000";
    auto wrong = build_step(place.spec, other);
    REQUIRE_FALSE(wrong);
    CHECK(says(wrong.error().detail, "another Python"));
    fs::remove(place.store.blob_path(place.spec.locked.distributions[0].sha256));
    CHECK(says(place.refusal(), "the store does not hold thing-1.0-py3-none-any.whl"));
    CHECK(fs::is_empty(place.store.root() / "tmp"));
}

TEST_CASE("an empty venv is a venv") {
    PythonPlace place;
    CHECK(place.build_and_lay_out().layers.size() == 1);
    CHECK(place.run({place.venv / "bin/python3", "-c", "import sys; print(sys.prefix)"}).out ==
          place.venv.string() + "\n");
}

TEST_CASE("a stop ends packing with nothing left behind") {
    PythonPlace place;
    place.add({.items = {{"thing.py", ""}}});
    std::stop_source stop;
    stop.request_stop();
    StepContext context = place.context();
    context.stop = stop.get_token();
    auto built = build_step(place.spec, context);
    REQUIRE_FALSE(built);
    CHECK(built.error().kind == ErrorKind::interrupted);
    CHECK(fs::is_empty(place.store.root() / "tmp"));
}

TEST_CASE("another kernel's name moves the venv's own small layer alone") {
    auto layers = [](std::vector<std::string> kernels) {
        PythonPlace place;
        place.venv = "/opt/venv-of-test";
        place.spec.locked.venv = place.venv;
        place.spec.kernels = std::move(kernels);
        place.add({.name = "a", .items = {{"a.py", "A = 1\n"}}});
        place.add({.name = "b", .items = {{"b.py", "B = 1\n"}}, .group = 1});
        return place.build().value().layers;
    };
    const auto before = layers({"one"}), after = layers({"one", "two"});
    REQUIRE(before.size() == 3);
    REQUIRE(after.size() == 3);
    CHECK(before[0].digest == after[0].digest);
    CHECK(before[1].digest == after[1].digest);
    CHECK(before[2].digest != after[2].digest);
    CHECK(after[2].size < 20'000);
}
