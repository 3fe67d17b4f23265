// SPDX-License-Identifier: Apache-2.0
#include "resolve/requirements_text.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

static std::string clean(const std::string& content) { return clean_requirements("r.txt", content).value().text; }

TEST_CASE("requirements pass as they are, comments and empty lines do not") {
    CHECK(clean("torch==2.11.0\n\n# words\n  numpy>=2 ; python_version < '3.12'  # why\r\nuvicorn[standard] ~= 0.3") ==
          "torch==2.11.0\n\n\nnumpy>=2 ; python_version < '3.12'\nuvicorn[standard] ~= 0.3\n");
    CHECK(clean("") == "\n");
    CHECK(clean("\xEF\xBB\xBFsix") == "six\n");
    CHECK(clean("a.b-c_d[x,y]<2,>=1\nzope.interface\n") == "a.b-c_d[x,y]<2,>=1\nzope.interface\n\n");
}

TEST_CASE("a line that goes on is one requirement, and later lines keep their number") {
    CHECK(clean("six \\\n  >=1 \\\n  --hash=sha256:00\nnumpy\n") == "six  >=1  --hash=sha256:00\n\n\nnumpy\n\n");
    CHECK(clean("six>=1 \\") == "six>=1\n");
}

TEST_CASE("where to look is the machine's business") {
    auto read = clean_requirements(
        "ComfyUI:requirements.txt",
        "six\n--extra-index-url https://me:secret@a.test/simple\n-fhttps://me:secret@b.test\n--pre\n");
    REQUIRE_FALSE(read);
    CHECK(read.error().where->to_string() == "ComfyUI:requirements.txt:4");
    read = clean_requirements("r.txt",
                              "six\n--extra-index-url https://me:secret@a.test/simple\n-fhttps://me:secret@b.test\n");
    REQUIRE(read);
    CHECK(read->text == "six\n\n\n\n");
    REQUIRE(read->warnings.size() == 2);
    CHECK(read->warnings[0].starts_with("r.txt:2: '--extra-index-url' has no effect"));
    for (const std::string& warning : read->warnings) CHECK(warning.find("secret") == std::string::npos);
}

TEST_CASE("addresses, files and other files are refused") {
    for (const char* line : {"six @ https://me:secret@a.test/six.whl",
                             "six@https://a.test/six.whl",
                             "six[x] @ file:///six.whl",
                             "git+https://me:secret@a.test/six",
                             "https://a.test/six.tar.gz",
                             "./six",
                             "../six",
                             "/opt/six",
                             "six.whl",
                             "folder/six",
                             "six-1.0.tar.gz",
                             "C:\\six",
                             "-r more.txt",
                             "-rmore.txt",
                             "--requirement=more.txt",
                             "-c c.txt",
                             "-e .",
                             "-e git+https://me:secret@a.test/six",
                             "--editable x",
                             "--unknown"}) {
        INFO(line);
        auto read = clean_requirements("r.txt", std::string("numpy\n") + line + "\n");
        REQUIRE_FALSE(read);
        CHECK(read.error().kind == ErrorKind::usage);
        CHECK(read.error().where->line == 2);
        CHECK(read.error().to_string().find("secret") == std::string::npos);
    }
}

TEST_CASE("a project has one name") {
    CHECK(normalized_project("Torch_Vision") == "torch-vision");
    CHECK(normalized_project("zope.-_interface") == "zope-interface");
}
