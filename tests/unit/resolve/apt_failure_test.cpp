// SPDX-License-Identifier: Apache-2.0
#include "resolve/apt_failure.hpp"

#include "support/catch.hpp"

using namespace tmplbuild;

static Error explain(const std::string& said) { return explain_apt_failure("resolving", said); }

TEST_CASE("only a network that failed is told as one, by its address") {
    const Error down = explain(
        "E: Failed to fetch http://mirror.test/debian/dists/bookworm/InRelease  Could not connect to mirror.test:80\n"
        "E: Some index files failed to download. They have been ignored, or old ones used instead.");
    CHECK(down.kind == ErrorKind::network);
    CHECK(down.message.find("http://mirror.test/debian/dists/bookworm/InRelease") != std::string::npos);
    CHECK(down.detail.find("Could not connect") != std::string::npos);

    const Error gone =
        explain("E: The repository 'http://mirror.test/debian trixy Release' does not have a Release file.");
    CHECK(gone.kind == ErrorKind::build);
    CHECK(gone.message.find("http://mirror.test/debian") != std::string::npos);
}

TEST_CASE("a list that is not what the signed one says is the mirror's fault, not the line's") {
    for (const char* why : {"Hash Sum mismatch", "File has unexpected size (263 != 261). Mirror sync in progress?"}) {
        const Error error =
            explain("E: Failed to fetch http://mirror.test/debian/Packages.gz  " + std::string(why) +
                    "\n   Hashes of expected file:\n    - SHA256:7846\n"
                    "E: Some index files failed to download. They have been ignored, or old ones used instead.");
        CHECK(error.kind == ErrorKind::network);
        CHECK(
            error.message.find("http://mirror.test/debian/Packages.gz is not what the repository's signed list says") !=
            std::string::npos);
        CHECK(error.hint.find("mirror") != std::string::npos);
    }
}

TEST_CASE("packages that do not fit together are no network's fault, and apt's reason is shown whole") {
    const std::string said =
        "Some packages could not be installed. This may mean that you have\n"
        "The following packages have unmet dependencies:\n"
        " libssl-dev : Depends: libssl3 (= 3.0.15-1) but 3.0.16-1 is to be installed\n"
        "E: Unable to correct problems, you have held broken packages.";
    const Error error = explain(said);
    CHECK(error.kind == ErrorKind::build);
    CHECK(error.detail == said);
}

TEST_CASE("a virtual package is told with those that provide it") {
    const Error error = explain(
        "Package awk is a virtual package provided by:\n"
        "  original-awk 1:20220912-2\n"
        "  mawk 1.3.4.20200120-3.1\n"
        "  gawk 1:5.2.1-2\n"
        "You should explicitly select one to install.\n"
        "\n"
        "E: Package 'awk' has no installation candidate");
    CHECK(error.kind == ErrorKind::usage);
    CHECK(error.message.find("'awk' is a virtual package") != std::string::npos);
    CHECK(error.hint == "name one of them: original-awk, mawk, gawk");
}

TEST_CASE("a package that does not exist and a key that is missing say so") {
    const Error missing = explain("Reading package lists...\nE: Unable to locate package ffmpog");
    CHECK(missing.kind == ErrorKind::usage);
    CHECK(missing.message.find("'ffmpog'") != std::string::npos);
    CHECK(explain("W: GPG error: http://m.test/debian sid InRelease: The following signatures couldn't be verified "
                  "because the public key is not available: NO_PUBKEY 6ED0E7B82643E131\n"
                  "E: The repository 'http://m.test/debian sid InRelease' is not signed.")
              .kind == ErrorKind::machine);
}
