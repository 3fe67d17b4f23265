// SPDX-License-Identifier: Apache-2.0
#include "resolve/requirements_text.hpp"

#include <algorithm>
#include <map>

#include "support/catch.hpp"

using namespace tmplbuild;

namespace {

const std::string sum(64, 'a'), other_sum(64, 'b');

struct Files {
    std::map<std::string, std::string> texts;
    bool own = true;
    std::map<std::string, std::string> environment{};

    RequirementsRoot root(const std::string& path) const {
        RequirementsRoot out;
        out.name = out.path = path;
        out.read = [files = texts](const std::string& wanted) -> Result<std::string> {
            const auto found = files.find(wanted);
            if (found == files.end()) return build_error("there is no " + wanted);
            return found->second;
        };
        if (own) {
            out.context = "/context";
            out.environment = [known = environment](const std::string& name) {
                const auto found = known.find(name);
                return found == known.end() ? "" : found->second;
            };
        }
        return out;
    }
    Result<AskedPython> read(const std::string& path = "r.txt") const { return read_requirements({root(path)}); }
};

std::vector<std::string> texts(const std::vector<AskedRequirement>& list) {
    std::vector<std::string> out;
    for (const AskedRequirement& one : list) out.push_back(one.what.text() + " " + one.where.to_string());
    return out;
}

Error refused(const std::string& text, bool own = true) {
    auto read = Files{{{"r.txt", "numpy\n" + text + "\n"}}, own, {}}.read();
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == ErrorKind::usage);
    CHECK(read.error().to_string().find("secret") == std::string::npos);
    REQUIRE(read.error().where);
    CHECK(read.error().where->to_string() == "r.txt:2");
    return read.error();
}

}  // namespace

TEST_CASE("lines, comments and continuations keep their numbers") {
    const auto read = Files{{{"r.txt",
                              "\xEF\xBB\xBFtorch==2.11.0\n\n# words\n  numpy>=2 ; python_version < '3.12'  # why\r\n"
                              "six \\\n  >=1\nuvicorn[standard]"}},
                            true,
                            {}}
                          .read()
                          .value();
    CHECK(texts(read.requirements) == std::vector<std::string>{"torch==2.11.0 r.txt:1",
                                                               "numpy>=2 ; python_version < '3.12' r.txt:4",
                                                               "six>=1 r.txt:5", "uvicorn[standard] r.txt:7"});
    CHECK(Files{{{"r.txt", ""}}, true, {}}.read()->requirements.empty());
}

TEST_CASE("files name files, from the folder that they lie in") {
    const Files files{{{"req/dev.txt", "-r base.txt\n--requirement=more/x.txt\n-c../pins.txt\nblack\n"},
                       {"req/base.txt", "six\n"},
                       {"req/more/x.txt", "idna\n-r ../base.txt\n"},
                       {"pins.txt", "six<2\n-r more.txt\n"},
                       {"more.txt", "idna<9\n"}},
                      true,
                      {}};
    const auto read = files.read("req/dev.txt").value();
    CHECK(texts(read.requirements) == std::vector<std::string>{"six req/base.txt:1", "idna req/more/x.txt:1",
                                                               "six req/base.txt:1", "black req/dev.txt:4"});
    // What a constraints file names, constrains.
    CHECK(texts(read.constraints) == std::vector<std::string>{"six<2 pins.txt:1", "idna<9 more.txt:1"});
    CHECK(read.texts.size() == 6);
}

TEST_CASE("a file that names itself, another place, or nothing is refused by its line") {
    CHECK(refused("-r r.txt").message.find("names itself") != std::string::npos);
    CHECK(refused("-r ../x.txt").message.find("outside") != std::string::npos);
    CHECK(refused("-r /etc/passwd").message.find("outside") != std::string::npos);
    CHECK(refused("-r https://me:secret@a.test/r.txt").message.find("address") != std::string::npos);
    CHECK(refused("-r absent.txt").message.find("there is no absent.txt") != std::string::npos);
    CHECK(refused("-c absent.txt").message.find("there is no absent.txt") != std::string::npos);
    auto turn = Files{{{"r.txt", "-r a.txt"}, {"a.txt", "six\n-r r.txt"}}, true, {}}.read();
    REQUIRE_FALSE(turn);
    CHECK(turn.error().where->to_string() == "a.txt:2");
}

TEST_CASE("options say where to look and what may be taken") {
    const auto read =
        Files{{{"r.txt",
                "--index-url https://a.test/simple --extra-index-url=https://b.test/simple\n"
                "-f https://c.test/links\n--find-links ./wheels\n-fw2\n--pre\n--prefer-binary\n--no-index\n"
                "--only-binary :all:\n--no-binary=Six,idna\n--only-binary six\nnumpy\n"}},
              true,
              {}}
            .read()
            .value();
    CHECK(read.index_url->value == "https://a.test/simple");
    REQUIRE(read.extra_indexes.size() == 1);
    CHECK(read.extra_indexes[0].where.to_string() == "r.txt:1");
    CHECK(read.link_pages.at(0).value == "https://c.test/links");
    REQUIRE(read.link_folders.size() == 2);
    CHECK(read.link_folders[0].path == "wheels");
    CHECK(read.link_folders[1].path == "w2");
    CHECK((read.prereleases && read.prefer_binary && read.no_index));
    CHECK(read.only_binary == std::set<std::string>{":all:", "six"});
    CHECK(read.no_binary == std::set<std::string>{"idna"});
}

TEST_CASE("no option is dropped: what cannot be honoured is refused by its line, with a way out") {
    for (const char* line : {"-e .",
                             "-e git+https://me:secret@a.test/six",
                             "--editable x",
                             "--trusted-host a.test",
                             "--use-feature=x",
                             "--config-settings a=b",
                             "--global-option x",
                             "--hash=sha256:00",
                             "--unknown",
                             "six --global-option=x",
                             "six --config-settings a=b",
                             "--pre=yes",
                             "--index-url",
                             "--index-url file:///x",
                             "--no-binary a/b",
                             "--extra-index-url",
                             "--pre six",
                             "-e",
                             "-e six==1.0",
                             "-e ./six-1.0-py3-none-any.whl",
                             "-e https://a.test/six-1.0.tar.gz",
                             "/opt/six.whl",
                             "../six.whl",
                             "~/six.whl",
                             "six @ file:///elsewhere/six.whl",
                             "git+https://me:secret@a.test/six",
                             "six=1",
                             "six >"}) {
        INFO(line);
        CHECK_FALSE((refused(line).hint.empty() && std::string(line) != "--pre=yes" &&
                     !std::string(line).starts_with("--index-url") && std::string(line) != "--extra-index-url" &&
                     std::string(line) != "--no-binary a/b"));
    }
    auto two = Files{{{"r.txt", "-i https://a.test\n-i https://b.test\n"}}, true, {}}.read();
    REQUIRE_FALSE(two);
    CHECK(two.error().message.find("r.txt:1") != std::string::npos);
}

TEST_CASE("files of the context count from the root file's folder, and only there") {
    const Files files{{{"req/r.txt", "./w/six-1.0-py3-none-any.whl\n-r deep/more.txt\nx @ file:///context/x.tar.gz\n"},
                       {"req/deep/more.txt", "../y.whl\n"}},
                      true,
                      {}};
    const auto read = files.read("req/r.txt").value();
    REQUIRE(read.requirements.size() == 3);
    CHECK(read.requirements[0].local->path == "req/w/six-1.0-py3-none-any.whl");
    CHECK(read.requirements[1].local->path == "y.whl");
    CHECK(read.requirements[2].local->path == "x.tar.gz");
    CHECK(read.requirements[0].local->folder == "/context");
    CHECK(refused("./x.whl", false).hint.find("beside the template") != std::string::npos);
    CHECK(refused("--find-links wheels", false).hint.find("beside the template") != std::string::npos);
}

TEST_CASE("repositories and folders are sources, of the context or of the commit that the file is from") {
    const std::string commit(40, 'a');
    const Files files{
        {{"req/r.txt", "git+https://a.test/six@v1.0#subdirectory=py&egg=six\nsix @ git+ssh://git@a.test/six.git@" +
                           commit + "\n..\n./own/#subdirectory=deep\n-e ../app\n--editable=git+https://a.test/x\n"}},
        true,
        {}};
    RequirementsRoot root = files.root("req/r.txt");
    root.own = {"/context/out"};
    root.place = [](const std::string& folder) { return folder == "app" ? "/opt/app" : ""; };
    const auto read = read_requirements({root}).value().requirements;
    REQUIRE(read.size() == 6);
    CHECK(read[0].tree->named == "v1.0");
    CHECK(read[0].tree->subdirectory == "py");
    CHECK(read[0].tree->commit.empty());
    CHECK(read[1].tree->commit == commit);
    CHECK(read[1].tree->named.empty());
    CHECK(read[2].tree->folder == ".");
    CHECK(read[2].local->own == root.own);
    CHECK(read[3].tree->to_string() == "req/own/#subdirectory=deep");
    CHECK(read[4].place == "/opt/app");
    CHECK((read[5].what.editable && read[5].place.empty() && read[5].tree->named == "HEAD"));

    RequirementsRoot inner =
        Files{{{"sub/r.txt", "-e .\n../lib[x] ; os_name == 'posix'\n-e ..\n"}}, false, {}}.root("sub/r.txt");
    inner.commit = SourceTree{"https://a.test/app", commit};
    inner.place = [](const std::string&) { return "/opt/app"; };
    const auto of_commit = read_requirements({inner}).value().requirements;
    REQUIRE(of_commit.size() == 3);
    CHECK(of_commit[0].tree->to_string() == "git+https://a.test/app@" + commit + "#subdirectory=sub");
    CHECK(of_commit[0].place == "/opt/app");
    CHECK(of_commit[1].tree->subdirectory == "lib");
    CHECK(of_commit[1].what.extras == "[x]");
    CHECK(of_commit[2].tree->subdirectory.empty());
    for (const char* line : {"../..", "./../../x", "/opt", "~/x", "./x.whl", "git+file:///srv/x"}) {
        INFO(line);
        RequirementsRoot hostile = Files{{{"sub/r.txt", line}}, false, {}}.root("sub/r.txt");
        hostile.commit = inner.commit;
        auto refusal = read_requirements({hostile});
        REQUIRE_FALSE(refusal);
        CHECK(refusal.error().where->to_string() == "sub/r.txt:1");
    }
    CHECK(refused("-e ./six").hint.find("`files` layer") != std::string::npos);
    CHECK(refused("./six", false).hint.find("beside the template") != std::string::npos);
}

TEST_CASE("variables stand for users and passwords of the author's own files alone") {
    const std::string line = "--extra-index-url https://${USER_1}:${TOKEN}@a.test/simple\n";
    const auto read = Files{{{"r.txt", line}}, true, {{"USER_1", "me"}, {"TOKEN", "secret"}}}.read().value();
    CHECK(read.extra_indexes.at(0).value == "https://me:secret@a.test/simple");
    CHECK(refused(line).message.find("'USER_1' is not set") != std::string::npos);
    CHECK(refused(line, false).message.find("not the template's own") != std::string::npos);
    CHECK(refused("six==${VERSION}").message.find("environment") != std::string::npos);
    CHECK(refused("--extra-index-url https://a.test/${TOKEN}/simple").message.find("environment") != std::string::npos);
    CHECK(Files{{{"r.txt", "six # ${lower} stays\n"}}, true, {}}.read());
}

TEST_CASE("hash-checking mode asks for a hash and a version of everything in the file") {
    const auto read = [](const std::string& text) { return Files{{{"r.txt", text}}, true, {}}.read(); };
    const std::string hash = " --hash=sha256:" + sum;
    const auto good = read("six==1.0 \\\n   --hash=sha256:" + sum + " \\\n   --hash=sha256:" + other_sum + "\n");
    REQUIRE(good);
    CHECK(good->requirements[0].what.hashes.size() == 2);
    CHECK(good->hash_checked[0]->to_string() == "r.txt:1");
    for (const std::string& text : {"idna\nsix==1.0" + hash, "six==1.0" + hash + "\nidna==3\n",
                                    std::string("--require-hashes\nidna==3"), "six>=1.0" + hash, "six" + hash}) {
        INFO(text);
        auto refusal = read(text);
        REQUIRE_FALSE(refusal);
        CHECK(refusal.error().kind == ErrorKind::usage);
        CHECK(refusal.error().message.find("hash-checking mode") != std::string::npos);
        CHECK(refusal.error().where);
    }
    CHECK(read("-c pins.txt\nsix==1.0" + hash).has_error());
    // pip: the hashes of a constraint count.
    CHECK(Files{{{"r.txt", "--require-hashes\n-c pins.txt\nsix\n"}, {"pins.txt", "six==1.0" + hash}}, true, {}}.read());
}

TEST_CASE("what other roots asked for before is kept, and each root keeps its own hash-checking mode") {
    const Files files{{{"r.txt", "torch==2.11.0 --hash=sha256:" + sum + "\n"},
                       {"more.txt", "numpy\n--extra-index-url https://index.example/\n"},
                       {"bare.txt", "--require-hashes\nsix==1.0\n"}},
                      true,
                      {}};
    const AskedPython first = read_requirements({files.root("r.txt")}).value();
    const AskedPython both = read_requirements({files.root("more.txt")}, first).value();
    REQUIRE(both.requirements.size() == 2);
    CHECK(both.requirements[0].root == 0);
    CHECK(both.requirements[1].root == 1);
    CHECK(both.requirements[1].what.name == "numpy");
    REQUIRE(both.hash_checked.size() == 2);
    CHECK(both.hash_checked[0]);
    CHECK_FALSE(both.hash_checked[1]);
    CHECK(both.texts.size() == 2);
    CHECK(both.extra_indexes.size() == 1);
    const auto refused = read_requirements({files.root("bare.txt")}, both);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().where->to_string() == "bare.txt:2");
}
