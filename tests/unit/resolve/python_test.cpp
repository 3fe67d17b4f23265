// SPDX-License-Identifier: Apache-2.0
// The whole resolver with the real uv: packages made here, in folders and behind an index on loopback; and once the
// machine's own index.
#include "resolve/python.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>

#include "support/catch.hpp"
#include "support/debian_contract.hpp"
#include "support/fake_http_server.hpp"
#include "sys/file.hpp"
#include "sys/file_digest.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

namespace {

struct SeenProgress : SilentProgress {
    void message(const std::string& text) override { messages.push_back(text); }
    void bytes(const std::string&, std::uint64_t now, std::uint64_t all) override {
        done = now;
        total = all;
    }
    Texts messages;
    std::uint64_t done = 0, total = 0;
};

// A store, packages, and an environment in which pip's settings are the test's alone.
class Bench {
  public:
    Bench() {
        set("HOME", (folder.path() / "home").string());
        set("PIP_CONFIG_FILE", "/dev/null");
        set("SDIST_RAN", (folder.path() / "ran").string());
        for (const char* name :
             {"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "UV_INDEX_URL",
              "UV_DEFAULT_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX"})
            set(name, "");
    }
    ~Bench() { reset_all(); }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;

    void set(const std::string& name, const std::string& value) {
        const char* was = std::getenv(name.c_str());
        before_.emplace(name, was == nullptr ? std::nullopt : std::optional<std::string>(was));
        ::setenv(name.c_str(), value.c_str(), 1);
    }
    // As it was before the test.
    void reset(const std::string& name) {
        const auto& value = before_.at(name);
        if (value)
            ::setenv(name.c_str(), value->c_str(), 1);
        else
            ::unsetenv(name.c_str());
    }
    void reset_all() {
        for (const auto& [name, value] : before_) reset(name);
    }
    // Only what make() makes; pip is among it, since every venv has it.
    void use_folder() {
        set("PIP_FIND_LINKS", wheels().string());
        set("PIP_NO_INDEX", "1");
        make({"pip", "24.0"});
    }
    void make(Texts arguments, const std::string& to = "wheels") {
        arguments.insert(arguments.begin(),
                         {"python3", TEST_DATA "/fakes/make_distribution.py", (folder.path() / to).string()});
        REQUIRE(runner.run_checked({.argv = arguments}, {}, "making a distribution"));
    }
    fs::path wheels() const { return folder.path() / "wheels"; }
    bool code_ran() const { return fs::exists(folder.path() / "ran") || fs::exists("/tmp/sdist-ran"); }

    Result<std::vector<LockedDistribution>> resolve(const Texts& requirements,
                                                    const std::vector<LockedDistribution>& earlier = {},
                                                    const Texts& constraints = {}) {
        PythonRequest request;
        request.step = "python:venv";
        request.earlier = earlier;
        auto added = add_lines(request.asked, request.step, requirements, constraints, folder.path());
        if (!added) return added.error();
        return resolve_asked(request);
    }
    // As a venv is: resolved, then fetched.
    Result<std::vector<LockedDistribution>> resolve_asked(const PythonRequest& request) {
        auto resolved = resolve_python(request, debian_contract(), context);
        if (!resolved) return resolved.error();
        if (auto fetched = fetch_resolved(request.step, *resolved, context); !fetched) return fetched.error();
        last = *resolved;
        return std::move(resolved->distributions);
    }
    // A requirements file beside the template, with those that it names.
    PythonRequest asked_by(const std::string& file) {
        RequirementsRoot root;
        root.name = root.path = file;
        root.context = folder.path();
        root.environment = process_environment();
        root.read = [this](const std::string& path) { return sys::read_file(folder.path() / path); };
        PythonRequest request;
        request.step = "python:venv";
        request.asked = read_requirements({root}).value();
        return request;
    }
    PythonRequest asked_by_text(const std::string& text) {
        REQUIRE(sys::write_file_atomic(folder.path() / "r.txt", text));
        return asked_by("r.txt");
    }
    std::string sum_of(const std::string& file, const std::string& in = "wheels") const {
        return sys::hash_file(folder.path() / in / file).value().hex();
    }
    Result<void> fetch(const std::vector<LockedDistribution>& distributions, const LockedPlaces& places = {}) {
        return fetch_distributions("python:venv", distributions, places, folder.path(), context);
    }
    void forget(const LockedDistribution& one) const { REQUIRE(fs::remove(store.blob_path(one.sha256))); }
    ResolvedPython last;
    // The store's temporary files and folders that are left.
    std::ptrdiff_t left() const { return std::distance(fs::directory_iterator(store.root() / "tmp"), {}); }

    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "python-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    io::SystemProcessRunner runner;
    SeenProgress progress;
    std::stop_source stop;
    io::HttpClient http;
    ResolveContext context{store, runner, http, progress, stop.get_token()};

  private:
    std::map<std::string, std::optional<std::string>> before_;
};

Texts files(const std::vector<LockedDistribution>& distributions) {
    Texts out;
    for (const auto& one : distributions) out.push_back(one.file);
    return out;
}

void check_stored(const std::vector<LockedDistribution>& distributions, const Bench& bench) {
    for (const auto& one : distributions) {
        INFO(one.file);
        REQUIRE(bench.store.has_blob(one.sha256));
        CHECK(sys::hash_file(bench.store.blob_path(one.sha256)).value() == one.sha256);
        CHECK(bench.store.blob_size(one.sha256).value() == one.size);
    }
    CHECK(bench.left() == 0);
}

}  // namespace

TEST_CASE("a folder of wheels is resolved jointly, and the best wheel of each version is taken") {
    Bench bench;
    bench.use_folder();
    bench.make({"app", "2.0", "--requires", "lib<2", "--requires", "absent; python_version < '3'"});
    bench.make({"lib", "1.5", "--tag", "cp311-cp311-manylinux_2_17_x86_64"});
    bench.make({"lib", "1.5", "--tag", "cp311-cp311-manylinux_2_28_x86_64"});
    bench.make({"lib", "1.5", "--tag", "cp311-cp311-manylinux_2_37_x86_64"});
    bench.make({"lib", "1.5"});
    bench.make({"lib", "2.5"});
    const auto got = bench.resolve({"app"});
    REQUIRE(got);
    CHECK(files(*got) == Texts{"app-2.0-py3-none-any.whl", "lib-1.5-cp311-cp311-manylinux_2_28_x86_64.whl",
                               "pip-24.0-py3-none-any.whl"});
    CHECK(got->at(1).version == "1.5");
    check_stored(*got, bench);
}

TEST_CASE("a find-links folder that is not there does no harm") {
    Bench bench;
    bench.use_folder();
    bench.set("PIP_FIND_LINKS", "/no/such/folder " + bench.wheels().string());
    CHECK(bench.resolve({}));
}

TEST_CASE("versions that were locked stay while they fit") {
    Bench bench;
    bench.use_folder();
    bench.make({"lib", "1.0"});
    const auto first = bench.resolve({"lib"}).value();
    bench.make({"lib", "1.1"});
    CHECK(files(bench.resolve({"lib"}, first).value())[0] == "lib-1.0-py3-none-any.whl");
    CHECK(files(bench.resolve({"lib"}).value())[0] == "lib-1.1-py3-none-any.whl");
    CHECK(files(bench.resolve({"lib>1.0"}, first).value())[0] == "lib-1.1-py3-none-any.whl");
}

TEST_CASE("requirements files, what they name, and constraints count") {
    Bench bench;
    bench.use_folder();
    for (const char* version : {"1.0", "2.0", "3.0a1"}) bench.make({"lib", version});
    REQUIRE(sys::write_file_atomic(bench.folder.path() / "req/more.txt", "lib  # the library\n"));
    REQUIRE(sys::write_file_atomic(bench.folder.path() / "req/pins.txt", "lib<2\n"));
    CHECK(files(*bench.resolve_asked(bench.asked_by_text("-r req/more.txt\n")))[0] == "lib-2.0-py3-none-any.whl");
    CHECK(files(*bench.resolve_asked(bench.asked_by_text("-r req/more.txt\n-c req/pins.txt\n")))[0] ==
          "lib-1.0-py3-none-any.whl");
    CHECK(files(*bench.resolve_asked(bench.asked_by_text("--pre\nlib\n")))[0] == "lib-3.0a1-py3-none-any.whl");
    CHECK(files(*bench.resolve({"lib"}, {}, {"lib<2"}))[0] == "lib-1.0-py3-none-any.whl");
}

TEST_CASE("hashes of a requirements file decide which file is taken, and whether any") {
    Bench bench;
    bench.use_folder();
    bench.make({"lib", "1.0"});
    bench.make({"lib", "1.0", "--tag", "cp311-cp311-manylinux_2_28_x86_64"});
    const std::string pure = bench.sum_of("lib-1.0-py3-none-any.whl");
    auto good = bench.resolve_asked(bench.asked_by_text("lib==1.0 --hash=sha256:" + pure + "\n"));
    REQUIRE(good);
    CHECK(files(*good)[0] == "lib-1.0-py3-none-any.whl");
    CHECK(good->at(0).sha256.hex() == pure);
    check_stored(*good, bench);
    auto wrong = bench.resolve_asked(bench.asked_by_text("\nlib==1.0 --hash=sha256:" + std::string(64, '0') + "\n"));
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().kind == ErrorKind::usage);
    CHECK(wrong.error().where->to_string() == "r.txt:2");
    // What is brought along needs a hash as well.
    bench.make({"app", "1.0", "--requires", "lib"});
    const std::string app = "app==1.0 --hash=sha256:" + bench.sum_of("app-1.0-py3-none-any.whl") + "\n";
    auto brought = bench.resolve_asked(bench.asked_by_text(app));
    REQUIRE_FALSE(brought);
    CHECK(brought.error().message.find("'lib' is needed too") != std::string::npos);
    CHECK(bench.resolve_asked(bench.asked_by_text(app + "lib==1.0 --hash=sha256:" + pure + "\n")));
    // Beside the template's own requirements, only what the pinned ones bring is looked at.
    bench.make({"free", "1.0"});
    auto mixed = bench.asked_by_text("lib==1.0 --hash=sha256:" + pure + "\n");
    REQUIRE(add_lines(mixed.asked, "x", {"free"}, {}, bench.folder.path()));
    CHECK(bench.resolve_asked(mixed));
    mixed = bench.asked_by_text(app);
    REQUIRE(add_lines(mixed.asked, "x", {"free"}, {}, bench.folder.path()));
    CHECK_FALSE(bench.resolve_asked(mixed));
    CHECK(bench.left() == 0);
}

TEST_CASE("pins by other hashes are checked on the file") {
    Bench bench;
    bench.use_folder();
    bench.make({"lib", "1.0"});
    const auto said =
        bench.runner.run({.argv = {"sha512sum", (bench.wheels() / "lib-1.0-py3-none-any.whl").string()}}, {}).value();
    const std::string sum = said.out.substr(0, 128);
    CHECK(bench.resolve_asked(bench.asked_by_text("lib==1.0 --hash=sha512:" + sum + "\n")));
    CHECK_FALSE(bench.resolve_asked(bench.asked_by_text("lib==1.0 --hash=sha512:" + std::string(128, '0') + "\n")));
}

TEST_CASE("a wheel is required by its path or address, and found again from the lock") {
    Bench bench;
    bench.use_folder();
    bench.make({"lib", "1.0"});
    bench.make({"near", "1.5", "--requires", "lib"}, "local");
    bench.make({"old", "2.0", "--sdist", "--requires", "lib"}, "local");
    const auto got = bench.resolve_asked(bench.asked_by_text("./local/near-1.5-py3-none-any.whl\nold @ file://" +
                                                             bench.folder.path().string() + "/local/old-2.0.tar.gz\n"));
    REQUIRE(got);
    CHECK(files(*got) == Texts{"lib-1.0-py3-none-any.whl", "near-1.5-py3-none-any.whl", "old-2.0.tar.gz",
                               "pip-24.0-py3-none-any.whl"});
    CHECK(got->at(1).source == "local/near-1.5-py3-none-any.whl");
    CHECK(got->at(2).version == "2.0");
    check_stored(*got, bench);
    CHECK_FALSE(bench.code_ran());
    bench.forget(got->at(1));
    REQUIRE(bench.fetch(*got));
    check_stored(*got, bench);
    bench.forget(got->at(1));
    REQUIRE(sys::write_file_atomic(bench.folder.path() / "local/near-1.5-py3-none-any.whl", "something else"));
    auto changed = bench.fetch(*got);
    REQUIRE_FALSE(changed);
    CHECK(changed.error().kind == ErrorKind::usage);
    CHECK(changed.error().message.find("local/near-1.5") != std::string::npos);

    bench.make({"far", "1.0"}, "site/f");
    FakeHttpServer server({"--folder", (bench.folder.path() / "site").string(), "--user", "me:w@rd"});
    const std::string url = server.at("/f/far-1.0-py3-none-any.whl", "http", "me:w%40rd@127.0.0.1");
    const auto far = bench.resolve_asked(bench.asked_by_text("far @ " + url + "\n"));
    REQUIRE(far);
    CHECK(far->at(0).source == server.at("/f/far-1.0-py3-none-any.whl"));
    CHECK_FALSE(bench.resolve_asked(bench.asked_by_text("far @ " + url + "#sha256=" + std::string(64, '0') + "\n")));
    CHECK(bench.resolve_asked(bench.asked_by_text("lib @ " + url + "\n")).error().message.find("'far'") !=
          std::string::npos);
    CHECK(bench.left() == 0);
}

TEST_CASE("a project of a named index comes from there alone, and nothing else does") {
    Bench bench;
    const auto publish = [&](const Texts& what, const std::string& index) {
        bench.make(what, index + "/simple/" + what[0]);
    };
    for (const char* index : {"public", "private"}) publish({"pip", "1.0"}, index);
    publish({"secret", "9.0"}, "public");  // somebody took the name
    publish({"secret", "1.0"}, "private");
    publish({"secret-dep", "9.0"}, "public");
    publish({"secret-dep", "1.0"}, "private");
    publish({"app", "1.0", "--requires", "secret-dep"}, "public");
    publish({"lib", "1.0"}, "public");
    publish({"lib", "2.0"}, "private");
    FakeHttpServer open({"--folder", (bench.folder.path() / "public").string()});
    FakeHttpServer own({"--folder", (bench.folder.path() / "private").string()});
    bench.set("PIP_INDEX_URL", open.at("/simple"));
    PythonRequest request = bench.asked_by_text("secret\napp\nlib\n");
    request.indexes = {{own.at("/simple"), {"Secret", "secret_dep"}, false, {}}};
    const auto got = bench.resolve_asked(request);
    REQUIRE(got);
    CHECK(files(*got) == Texts{"app-1.0-py3-none-any.whl", "lib-1.0-py3-none-any.whl", "pip-1.0-py3-none-any.whl",
                               "secret-1.0-py3-none-any.whl", "secret_dep-1.0-py3-none-any.whl"});
    CHECK(bench.last.places.indexes == Texts{own.at("/simple")});
    for (const auto& one : *got) bench.forget(one);
    REQUIRE(bench.fetch(*got, bench.last.places));
    check_stored(*got, bench);
    // An index that a file names comes first, and what it has is taken from nowhere else.
    const auto extra =
        bench.resolve_asked(bench.asked_by_text("--extra-index-url " + own.at("/simple") + "\nsecret\napp\n"));
    REQUIRE(extra);
    CHECK(files(*extra)[2] == "secret-1.0-py3-none-any.whl");
    CHECK(bench.progress.messages.size() == 1);
    // In so many words, the best of all indexes.
    request = bench.asked_by_text("--extra-index-url " + own.at("/simple") + "\nsecret\n");
    request.index_strategy = "unsafe-best-match";
    CHECK(files(*bench.resolve_asked(request))[1] == "secret-9.0-py3-none-any.whl");
}

TEST_CASE("only wheels, only sdists, and wheels rather than newer sdists") {
    Bench bench;
    bench.use_folder();
    bench.make({"lib", "1.0"});
    bench.make({"lib", "1.0", "--sdist"});
    bench.make({"lib", "2.0", "--sdist"});
    CHECK(files(*bench.resolve_asked(bench.asked_by_text("lib\n")))[0] == "lib-2.0.tar.gz");
    CHECK(files(*bench.resolve_asked(bench.asked_by_text("--only-binary lib\nlib\n")))[0] ==
          "lib-1.0-py3-none-any.whl");
    CHECK(files(*bench.resolve_asked(bench.asked_by_text("--prefer-binary\nlib\n")))[0] == "lib-1.0-py3-none-any.whl");
    CHECK(files(*bench.resolve_asked(bench.asked_by_text("--no-binary lib\nlib==1.0\n")))[0] == "lib-1.0.tar.gz");
    CHECK_FALSE(bench.code_ran());
}

TEST_CASE("requirements that cannot be met are told in the resolver's words") {
    Bench bench;
    bench.use_folder();
    bench.make({"lib", "1.0"});
    bench.make({"app", "1.0", "--requires", "lib>1"});
    auto conflict = bench.resolve({"app", "lib"});
    REQUIRE_FALSE(conflict);
    CHECK(conflict.error().kind == ErrorKind::usage);
    CHECK(conflict.error().detail.find("app") != std::string::npos);
    CHECK(conflict.error().detail.find("lib>1") != std::string::npos);
    CHECK_FALSE(conflict.error().hint.empty());
    auto wrong = bench.resolve({"lib", "lib=>1"});
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().kind == ErrorKind::usage);
    CHECK(wrong.error().where->file == "requirements of python:venv");
    CHECK(wrong.error().to_string().find(bench.store.root()) == std::string::npos);
    auto direct = bench.resolve({"lib @ git+https://me:secret@host.test/lib"});
    REQUIRE_FALSE(direct);
    CHECK(direct.error().kind == ErrorKind::usage);
    CHECK(direct.error().to_string().find("secret") == std::string::npos);
    CHECK(direct.error().hint.find("pip wheel") != std::string::npos);
    CHECK(bench.left() == 0);
}

TEST_CASE("a package without a usable file for the base is refused") {
    Bench bench;
    bench.use_folder();
    bench.make({"lib", "1.0", "--tag", "cp312-cp312-manylinux_2_17_x86_64"});
    auto refused = bench.resolve({"lib"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::usage);
    auto no_python = debian_contract();
    no_python.python.reset();
    CHECK_FALSE(resolve_python({"python:venv", {}, {}, {}, {}}, no_python, bench.context));
}

TEST_CASE("sdists tell their dependencies without their code being run") {
    Bench bench;
    bench.use_folder();
    bench.make({"lib", "1.0"});
    bench.make({"lib", "2.0"});
    bench.make({"deep", "1.0", "--sdist", "--old", "--requires", "lib<2"});
    bench.make({"app", "1.0", "--sdist", "--own-backend", "--requires", "deep"});
    // Newer versions with wishes that cannot be met: the resolver must learn that, and go back.
    bench.make({"deep", "3.0", "--sdist", "--requires", "no-such-thing"});
    const auto got = bench.resolve({"app", "lib"});
    REQUIRE(got);
    CHECK(files(*got) ==
          Texts{"app-1.0.tar.gz", "deep-1.0.tar.gz", "lib-1.0-py3-none-any.whl", "pip-24.0-py3-none-any.whl"});
    CHECK(got->at(0).is_sdist());
    check_stored(*got, bench);
    CHECK_FALSE(bench.code_ran());
}

TEST_CASE("what builds sdists is resolved to wheels alone") {
    Bench bench;
    bench.use_folder();
    bench.make({"setuptools", "70.0"});
    bench.make({"wheel", "0.43"});
    bench.make({"backend", "1.0", "--requires", "helper"});
    bench.make({"backend", "2.0", "--sdist"});
    bench.make({"helper", "1.0"});
    bench.make({"old", "1.0", "--sdist"});
    bench.make(
        {"modern", "1.0", "--sdist", "--pyproject", "backend>=1", "--pyproject", "helper; python_version > '3'"});
    const auto build = [&](const Texts& more = {}) {
        PythonRequest request{"python:venv", {}, {}, {}, {}};
        auto builders = resolve_builders(bench.last, more, request, debian_contract(), bench.context);
        if (builders) REQUIRE(fetch_resolved("python:venv", *builders, bench.context));
        return builders;
    };
    REQUIRE(bench.resolve({"old", "modern"}));
    const auto builders = build();
    REQUIRE(builders);
    CHECK(files(builders->distributions) == Texts{"backend-1.0-py3-none-any.whl", "helper-1.0-py3-none-any.whl",
                                                  "setuptools-70.0-py3-none-any.whl", "wheel-0.43-py3-none-any.whl"});
    check_stored(builders->distributions, bench);
    // What an sdist does not say, the template can.
    bench.make({"extra-tool", "1.0"});
    CHECK(files(build({"extra-tool"})->distributions)[1] == "extra_tool-1.0-py3-none-any.whl");
    // The venv's torch, and its versions of everything else where they fit.
    for (const char* version : {"2.0", "3.0"}) bench.make({"torch", version});
    for (const char* version : {"1.0", "2.0"}) bench.make({"numpy", version});
    bench.make({"ext", "1.0", "--sdist", "--pyproject", "torch", "--pyproject", "numpy"});
    REQUIRE(bench.resolve({"torch==2.0", "numpy==1.0", "ext"}));
    CHECK(files(build()->distributions) == Texts{"numpy-1.0-py3-none-any.whl", "torch-2.0-py3-none-any.whl"});
    bench.make({"new", "1.0", "--sdist", "--pyproject", "torch>=3"});
    REQUIRE(bench.resolve({"torch==2.0", "new"}));
    CHECK(build().error().kind == ErrorKind::usage);
    REQUIRE(bench.resolve({"torch"}));
    CHECK(build()->distributions.empty());
    CHECK_FALSE(bench.code_ran());
}

TEST_CASE("what a lock names is fetched again from a folder, and what is gone is named") {
    Bench bench;
    bench.use_folder();
    bench.make({"lib", "1.0"});
    const auto got = bench.resolve({"lib"}).value();
    const auto forget = [&] { bench.forget(got[0]); };
    CHECK(bench.fetch(got));
    forget();
    REQUIRE(bench.fetch(got));
    check_stored(got, bench);
    forget();
    REQUIRE(sys::write_file_atomic(bench.wheels() / got[0].file, "something else"));
    auto changed = bench.fetch(got);
    REQUIRE_FALSE(changed);
    CHECK(changed.error().kind == ErrorKind::network);
    CHECK_FALSE(bench.store.has_blob(got[0].sha256));
    fs::remove(bench.wheels() / got[0].file);
    auto gone = bench.fetch(got);
    REQUIRE_FALSE(gone);
    CHECK(gone.error().kind == ErrorKind::network);
    CHECK(gone.error().message.find("lib-1.0-py3-none-any.whl") != std::string::npos);
    CHECK(gone.error().hint.find("tmplbuild lock --update") != std::string::npos);
    CHECK(gone.error().detail.find(bench.wheels()) != std::string::npos);
    CHECK(bench.left() == 0);
}

TEST_CASE("an index of pip's settings is resolved from and fetched from, with its password") {
    Bench bench;
    for (const char* name : {"lib", "pip"}) bench.make({name, "1.0"}, std::string("index/simple/") + name);
    FakeHttpServer server({"--folder", (bench.folder.path() / "index").string(), "--user", "me:w@rd"});
    bench.set("PIP_INDEX_URL", server.at("/simple", "http", "me:w%40rd@127.0.0.1"));
    const auto got = bench.resolve({"lib"});
    REQUIRE(got);
    CHECK(files(*got) == Texts{"lib-1.0-py3-none-any.whl", "pip-1.0-py3-none-any.whl"});
    check_stored(*got, bench);
    for (const auto& one : *got) fs::remove(bench.store.blob_path(one.sha256));
    REQUIRE(bench.fetch(*got));
    check_stored(*got, bench);
    // Another index comes first; it has the file under another hash.
    bench.make({"lib", "1.0", "--requires", "x"}, "index/more/lib");
    bench.set("PIP_EXTRA_INDEX_URL", server.at("/more", "http", "me:w%40rd@127.0.0.1"));
    fs::remove(bench.store.blob_path(got->at(0).sha256));
    REQUIRE(bench.fetch(*got));
    check_stored(*got, bench);
    bench.set("PIP_EXTRA_INDEX_URL", "");
    bench.set("PIP_INDEX_URL", "http://me:secret@127.0.0.1:1/simple");
    fs::remove(bench.store.blob_path(got->at(0).sha256));
    auto fetched = bench.fetch(*got);
    REQUIRE_FALSE(fetched);
    CHECK(fetched.error().kind == ErrorKind::network);
    CHECK(fetched.error().to_string().find("secret") == std::string::npos);
    bench.set("UV_HTTP_RETRIES", "0");
    auto unreachable = bench.resolve({"lib"});
    REQUIRE_FALSE(unreachable);
    CHECK(unreachable.error().kind == ErrorKind::network);
    CHECK(unreachable.error().to_string().find("secret") == std::string::npos);
}

TEST_CASE("a resolution that is stopped leaves nothing") {
    Bench bench;
    bench.use_folder();
    bench.stop.request_stop();
    auto stopped = bench.resolve({});
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().kind == ErrorKind::interrupted);
    CHECK(bench.left() == 0);
}

TEST_CASE("the machine's own index: numpy, JupyterLab and an sdist") {
    Bench bench;
    bench.reset_all();
    const auto got = bench.resolve({"numpy", "jupyterlab", "sgmllib3k"});
    REQUIRE(got);
    CHECK(got->size() > 50);
    CHECK(bench.progress.total > 10'000'000);
    CHECK(bench.progress.done == bench.progress.total);
    check_stored(*got, bench);
    const auto find = [&](const std::string& name) {
        return *std::find_if(got->begin(), got->end(), [&](const auto& one) { return one.name == name; });
    };
    CHECK(find("numpy").file.find("-cp311-cp311-manylinux") != std::string::npos);
    CHECK(find("jupyterlab").file.ends_with("-py3-none-any.whl"));
    CHECK(find("sgmllib3k").file == "sgmllib3k-1.0.0.tar.gz");
    CHECK(find("pip").file.ends_with(".whl"));
    const auto builders =
        resolve_builders(bench.last, {}, {"python:venv", {}, {}, {}, {}}, debian_contract(), bench.context);
    REQUIRE(builders);
    CHECK(std::any_of(builders->distributions.begin(), builders->distributions.end(),
                      [](const auto& one) { return one.name == "setuptools"; }));
    fs::remove(bench.store.blob_path(find("jupyterlab").sha256));
    fs::remove(bench.store.blob_path(find("sgmllib3k").sha256));
    REQUIRE(bench.fetch(*got));
    check_stored(*got, bench);
    auto again = bench.resolve({"numpy", "jupyterlab", "sgmllib3k"}, *got);
    REQUIRE(again);
    CHECK(*again == *got);
}
