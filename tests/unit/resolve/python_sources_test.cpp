// SPDX-License-Identifier: Apache-2.0
// Requirements that name sources: repositories of this machine with the real git, folders, and a backend that answers
// as it is told.
#include "python_bench.hpp"
#include "resolve/build_backend.hpp"

using namespace test;

namespace {

struct ToldBackends : BuildBackends {
    Result<std::string> metadata(const LockedDistribution& source, const std::vector<LockedDistribution>& builders,
                                 const BaseContract&) override {
        asked.push_back(source.source);
        for (const LockedDistribution& one : builders) used.push_back(one.name);
        return answer;
    }
    std::string answer = "Metadata-Version: 2.1\nName: Asked_One\nVersion: 2.5\nRequires-Dist: lib\n\nText\n";
    Texts asked, used;
};

struct SourcesBench : PythonBench {
    SourcesBench() {
        use_folder();
        make({"lib", "1.0"});
        make({"setuptools", "70.0"});
        make({"wheel", "0.43"});
        context.backends = &backends;
        set("GIT_CONFIG_GLOBAL", (folder.path() / "gitconfig").string());
        REQUIRE(sys::write_file_atomic(folder.path() / "gitconfig", "[url \"file://" + folder.path().string() +
                                                                        "/\"]\ninsteadOf = https://git.invalid/\n"));
    }
    void write(const std::string& file, const std::string& text) const {
        REQUIRE(sys::make_directories((folder.path() / file).parent_path()));
        REQUIRE(sys::write_file_atomic(folder.path() / file, text));
    }
    std::string git(Texts arguments) {
        arguments.insert(arguments.begin(), {"git", "-c", "user.name=t", "-c", "user.email=t@example.invalid"});
        std::string out = runner.run_checked({.argv = arguments, .directory = folder.path() / "repo"}, {}, "git")->out;
        while (out.ends_with('\n')) out.pop_back();
        return out;
    }
    // What lies in repo/ becomes a commit of it.
    std::string commit() {
        if (!fs::exists(folder.path() / "repo/.git")) git({"init", "-q", "-b", "main"});
        git({"add", "-A"});
        git({"commit", "-q", "-m", "change"});
        return git({"rev-parse", "HEAD"});
    }
    std::string refusal(const std::string& requirement) {
        auto got = resolve({requirement});
        REQUIRE_FALSE(got);
        CHECK(got.error().kind == ErrorKind::usage);
        REQUIRE(got.error().where);
        CHECK(left() == 0);
        return got.error().to_string();
    }
    ToldBackends backends;
};

const std::string project = "[project]\nname = \"said\"\nversion = \"1.0\"\ndependencies = [\"lib\"]\n";

const LockedDistribution& named(const std::vector<LockedDistribution>& all, const std::string& name) {
    return *std::find_if(all.begin(), all.end(), [&](const LockedDistribution& one) { return one.name == name; });
}

bool says(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("a commit of a repository is pinned, archived and found again from the lock") {
    SourcesBench bench;
    bench.write("repo/python/pyproject.toml", project);
    const std::string commit = bench.commit();
    bench.git({"tag", "-a", "v1.0", "-m", "tag"});
    const auto got = bench.resolve({"said @ git+https://git.invalid/repo@v1.0#subdirectory=python"});
    REQUIRE(got);
    const LockedDistribution& said = named(*got, "said");
    CHECK(said.source == "git+https://git.invalid/repo@" + commit + "#rev=v1.0&subdirectory=python");
    CHECK(said.file == "said-1.0.tar");
    CHECK(said.is_sdist());
    CHECK(named(*got, "lib").version == "1.0");
    CHECK(bench.backends.asked.empty());  // pyproject.toml says all of it
    check_stored(*got, bench);
    bench.forget(said);
    fs::remove_all(bench.store.root() / "git");
    REQUIRE(bench.fetch(*got));
    check_stored(*got, bench);
    // By the commit itself, or by a path of its name: the same bytes.
    const auto again = bench.resolve({"git+https://git.invalid/repo@" + commit + "#egg=said&subdirectory=python"});
    REQUIRE(again);
    CHECK(named(*again, "said").sha256 == said.sha256);
    CHECK(named(*again, "said").source == "git+https://git.invalid/repo@" + commit + "#subdirectory=python");
    // The repository lost it.
    bench.forget(said);
    fs::remove_all(bench.store.root() / "git");
    fs::remove_all(bench.folder.path() / "repo/.git");
    CHECK(bench.fetch(*got).error().kind == ErrorKind::network);
}

TEST_CASE("a branch stands for the commit that it was locked with until it is renewed") {
    SourcesBench bench;
    bench.write("repo/pyproject.toml", project);
    const std::string first = bench.commit();
    const Texts wanted = {"git+https://git.invalid/repo", "lib"};
    const auto got = bench.resolve(wanted);
    REQUIRE(got);
    CHECK(named(*got, "said").source == "git+https://git.invalid/repo@" + first + "#rev=HEAD");
    bench.write("repo/new.py", "");
    const std::string second = bench.commit();
    CHECK(named(*bench.resolve(wanted, *got), "said").source == named(*got, "said").source);
    CHECK(says(named(*bench.resolve(wanted), "said").source, second));
    // Another branch is another question.
    bench.git({"branch", "other", first});
    bench.write("repo/newer.py", "");
    const std::string third = bench.commit();
    CHECK(says(named(*bench.resolve({"git+https://git.invalid/repo@main"}, *got), "said").source, third));
    CHECK(says(named(*bench.resolve({"git+https://git.invalid/repo@other"}, *got), "said").source, first));
}

TEST_CASE("sources that do not say what they are are asked by what builds them") {
    SourcesBench bench;
    bench.write("repo/setup.py", "raise SystemExit('this never runs here')\n");
    const std::string commit = bench.commit();
    const auto got = bench.resolve({"git+https://git.invalid/repo"});
    REQUIRE(got);
    CHECK(named(*got, "asked-one").version == "2.5");
    CHECK(named(*got, "asked-one").file == "asked-one-2.5.tar");
    CHECK(named(*got, "lib").version == "1.0");
    CHECK(bench.backends.asked == Texts{"git+https://git.invalid/repo@" + commit + "#rev=HEAD"});
    CHECK(bench.backends.used == Texts{"setuptools", "wheel"});
    bench.backends.answer = "Metadata-Version: 2.1\nName: Asked_One\n\n";
    CHECK(says(bench.refusal("git+https://git.invalid/repo"), "do not say their name and version"));
    bench.context.backends = nullptr;
    CHECK_FALSE(bench.resolve({"git+https://git.invalid/repo"}));
}

TEST_CASE("a folder of the context is archived without what lies beside its sources") {
    SourcesBench bench;
    bench.write("own/pyproject.toml", project);
    bench.write("own/said/__init__.py", "");
    const auto first = bench.resolve({"./own"});
    REQUIRE(first);
    CHECK(named(*first, "said").source == "own/");
    bench.write("own/said/__pycache__/x.pyc", "x");
    bench.write("own/said.egg-info/PKG-INFO", "x");
    bench.write("own/.git/HEAD", "x");
    CHECK(named(*bench.resolve({"./own"}), "said").sha256 == named(*first, "said").sha256);
    bench.write("own/said/more.py", "");
    bench.forget(named(*first, "said"));
    CHECK(bench.fetch(*first).error().kind == ErrorKind::usage);  // not what the lock names
    CHECK(named(*bench.resolve({"./own/"}), "said").sha256 != named(*first, "said").sha256);
    CHECK(bench.left() == 0);
}

TEST_CASE("sources that are not there, are others, or lead out are refused by their line") {
    SourcesBench bench;
    bench.write("repo/pyproject.toml", project);
    bench.write("own/pyproject.toml", project);
    bench.write("plain", "x");
    bench.commit();
    CHECK(says(bench.refusal("git+https://git.invalid/repo@absent"), "no branch and no tag 'absent'"));
    CHECK(says(bench.refusal("git+https://git.invalid/repo@" + std::string(40, '0')), "no commit"));
    CHECK(says(bench.refusal("git+https://git.invalid/repo#subdirectory=absent"), "no folder 'absent'"));
    CHECK(says(bench.refusal("git+https://git.invalid/repo#subdirectory=pyproject.toml"), "no folder"));
    CHECK(says(bench.refusal("other @ git+https://git.invalid/repo"), "is the distribution 'said', not 'other'"));
    CHECK(says(bench.refusal("./absent"), "no file or folder"));
    CHECK(says(bench.refusal("./plain"), "neither a folder of sources nor a file"));
    fs::create_symlink("/etc", bench.folder.path() / "own/out");
    CHECK(says(bench.refusal("./own"), "leads out of the sources, to '/etc'"));
    fs::create_symlink("own/../..", bench.folder.path() / "away");
    CHECK(says(bench.refusal("./away"), "away"));
    fs::create_symlink("../outside", bench.folder.path() / "repo/out");
    bench.commit();
    CHECK(says(bench.refusal("git+https://git.invalid/repo"), "leads out of the sources"));
}

TEST_CASE("where only wheels can be taken, sources are refused") {
    SourcesBench bench;
    bench.write("own/pyproject.toml", project);
    PythonRequest request;
    request.step = "kernel:x";
    REQUIRE(add_lines(request.asked, request.step, {"./own"}, {}, bench.folder.path()));
    auto got = resolve_wheels(request, debian_contract(), bench.context);
    REQUIRE_FALSE(got);
    CHECK(says(got.error().message, "only wheels can be taken"));
}

TEST_CASE("a repository that a dependency names is fetched for the template alone") {
    SourcesBench bench;
    bench.write(
        "own/pyproject.toml",
        "[project]\nname = \"outer\"\nversion = \"1\"\ndependencies = [\"said @ git+https://git.invalid/repo\"]\n");
    bench.write("repo/pyproject.toml", project);
    bench.commit();
    auto refused = bench.resolve({"./own"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::usage);
    CHECK(says(refused.error().hint, "require it yourself"));
    const auto both = bench.resolve({"./own", "git+https://git.invalid/repo"});
    REQUIRE(both);
    CHECK(named(*both, "said").version == "1.0");
}

TEST_CASE("a repository with files that Git LFS keeps elsewhere is refused with what a requirement can do") {
    SourcesBench bench;
    bench.write("repo/pyproject.toml", "[project]\nname = 'toy'\nversion = '1.0'\n");
    bench.write("repo/.gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
    bench.write("repo/model.bin",
                "version https://git-lfs.github.com/spec/v1\noid sha256:" + std::string(64, '1') + "\nsize 12345\n");
    const std::string said = bench.refusal("toy @ git+https://git.invalid/repo@" + bench.commit());
    CHECK(said.find("has only Git LFS pointers in the place of 1 file (12.3 kB): model.bin") != std::string::npos);
    CHECK(said.find("require a wheel or an sdist of it, by its name or its address") != std::string::npos);
    CHECK(said.find("lfs = ") == std::string::npos);
}
