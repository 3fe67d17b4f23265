// SPDX-License-Identifier: Apache-2.0
#include "template/requirement.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

static Requirement parsed(const std::string& line) { return parse_requirement(line).value(); }
static const std::string sum(64, 'a');

TEST_CASE("a requirement by name has versions, extras and a marker") {
    const auto plain = parsed("Torch_Vision[a,b] >=1, <2 ; python_version < '3.12'");
    CHECK(plain.project() == "torch-vision");
    CHECK(plain.extras == "[a,b]");
    CHECK(plain.versions == ">=1, <2");
    CHECK(plain.marker == "python_version < '3.12'");
    CHECK_FALSE(plain.is_pinned());
    CHECK(plain.text() == "Torch_Vision[a,b]>=1, <2 ; python_version < '3.12'");
    CHECK(parsed("six==1.0").is_pinned());
    CHECK(parsed("six===1.0").is_pinned());
    CHECK(parsed("six (==1.0)").is_pinned());
    CHECK_FALSE(parsed("six==1.*").is_pinned());
    CHECK_FALSE(parsed("six==1,!=2").is_pinned());
    CHECK(parsed("zope.interface").name == "zope.interface");
}

TEST_CASE("addresses: of the web, of files, of repositories") {
    const auto web =
        parsed("six[x] @ https://a.test/f/six-1.0-py3-none-any.whl#sha256=" + sum + " ; os_name == 'posix'");
    CHECK(web.kind == AddressKind::web);
    CHECK(web.address == "https://a.test/f/six-1.0-py3-none-any.whl");
    CHECK(web.hashes == std::vector<RequirementHash>{{"sha256", sum}});
    CHECK(web.text("file:///x.whl") == "six[x] @ file:///x.whl ; os_name == 'posix'");
    CHECK(parsed("six@https://a.test/six.tar.gz").kind == AddressKind::web);
    CHECK(parsed("https://a.test/six-1.0-py3-none-any.whl").name.empty());
    for (const char* path : {"./w/six-1.0-py3-none-any.whl", "w/six.whl", "six-1.0.tar.gz", "six @ file:///w/six.whl",
                             "file:///w/six.whl", "../six.whl", "/w/six.whl"}) {
        INFO(path);
        CHECK(parsed(path).kind == AddressKind::path);
    }
    CHECK(parsed("six @ file:///w/six.whl").address == "/w/six.whl");
    CHECK(parsed("./x.whl[a]").extras == "[a]");
    const auto git = parsed("git+https://me@a.test/six@v1.0#egg=Six[x]&subdirectory=py");
    CHECK(git.kind == AddressKind::git);
    CHECK(git.address == "https://me@a.test/six");
    CHECK(git.rev == "v1.0");
    CHECK(git.project() == "six");
    CHECK(git.subdirectory == "py");
    CHECK(parsed("six @ git+ssh://git@a.test/six.git").rev.empty());
    for (const char* text :
         {"-e ./six", "-e.", "--editable=git+https://a.test/six", "-e six @ git+https://a.test/six", "-e folder[x]"}) {
        INFO(text);
        CHECK(parsed(text).editable);
    }
    CHECK(parsed("-e folder[x]").address == "folder");
    CHECK(parsed("-e folder[x]").extras == "[x]");
    for (const char* text :
         {"git+https://a.test/six@--upload-pack=x", "git+https://a.test/six@a..b", "git+https://a.test/six@", "-e",
          "git+https://-o.test/six", "git+https://me:secret@a.test/six", "git+ext::sh", "-e six",
          "git+https://a.test/six#subdirectory=../x", "git+https://a.test/six#subdirectory=/x"}) {
        INFO(text);
        const auto requirement = parse_requirement(text);
        CHECK((!requirement || std::string(text) == "-e six"));
        if (!requirement) CHECK(requirement.error().to_string().find("secret") == std::string::npos);
    }
}

TEST_CASE("hashes stand behind a requirement") {
    const auto hashed =
        parsed("six==1.0 --hash=sha256:" + std::string(64, 'B') + " --hash sha512:" + std::string(128, '0'));
    CHECK(hashed.versions == "==1.0");
    REQUIRE(hashed.hashes.size() == 2);
    CHECK(hashed.hashes[0].hex == std::string(64, 'b'));
    CHECK(hashed.hashes[1].algorithm == "sha512");
    CHECK(hashed.text() == "six==1.0");
}

TEST_CASE("what is no requirement is refused, and never with a password") {
    for (const std::string& line :
         {std::string("six=1"), std::string("six=>1"), std::string("six 1.0"), std::string("-r x"), std::string(""),
          std::string("six[x"), std::string("six @ "), std::string("sïx"), std::string("six ~1"),
          std::string("six @ https://me:secret@a.test/page"), std::string("six @ hg+https://me:secret@a.test/six"),
          std::string("six @ git+https://a.test/six@-oX"), std::string("six @ https://a.test/a b.whl"),
          std::string("six @ https://me:secret@a.test/six.whl#md5=00"), std::string("six --hash=md5:00"),
          std::string("six --hash=sha256:00"), std::string("six --config-settings=a=b"), std::string("six --pre"),
          std::string("six @ git+https://a.test/s#subdirectory=../x")}) {
        INFO(line);
        auto read = parse_requirement(line);
        REQUIRE_FALSE(read);
        CHECK(read.error().kind == ErrorKind::usage);
        CHECK_FALSE(read.error().hint.empty());
        CHECK(read.error().to_string().find("secret") == std::string::npos);
    }
    CHECK(without_user("x https://me:secret@a.test/ and http://b.test/@c") == "x https://a.test/ and http://b.test/@c");
}
