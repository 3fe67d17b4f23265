// SPDX-License-Identifier: Apache-2.0
// What pip, git and a compiler print, and what the job makes of it: what hinders it and passes, what a person has to
// help with, what is wrong with the kernel. The texts are those of pip 23.0.1, git 2.39 and g++ 12.
#include "kernel_job/job_failure.hpp"

#include <cerrno>

#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::job;

TEST_CASE("a network that is lost, in the words of pip and of git, passes by itself") {
    const std::vector<std::string> texts = {
        "WARNING: Retrying (Retry(total=0)) after connection broken by "
        "'NewConnectionError('<pip._vendor.urllib3.connection."
        "HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno -3] Temporary failure in name "
        "resolution')': /simple/x/",
        "ERROR: Could not find a version that satisfies the requirement nvidia-cuda-nvcc==13.0.88 (from versions: "
        "none)",
        "urllib3.exceptions.ProtocolError: ('Connection broken: IncompleteRead(200 bytes read, 812 more expected)', "
        "IncompleteRead(200 bytes read, 812 more expected))",
        "ERROR: HTTP error 503 while getting http://127.0.0.1:1/x.whl",
        "fatal: unable to access 'https://host.invalid/x/': Could not resolve host: host.invalid",
        "fatal: unable to access 'http://127.0.0.1:1/x/': Failed to connect to 127.0.0.1 port 1 after 0 ms: Couldn't "
        "connect to server",
        "error: RPC failed; curl 18 transfer closed with outstanding read data remaining\nfetch-pack: unexpected "
        "disconnect "
        "while reading sideband packet\nfatal: early EOF",
        "fatal: unable to access 'http://127.0.0.1:1/x/': The requested URL returned error: 502",
    };
    for (const std::string& text : texts) {
        const JobFailure failure = failure_of("fetching", "it ended with exit code 1", text);
        INFO(text);
        CHECK(failure.transient);
        CHECK(failure.retry_cause == "network");
        CHECK(failure.words.starts_with("no network: fetching failed ("));
    }
}

TEST_CASE("a full disk does not pass by itself, and is no failure of the key") {
    for (const char* text : {"OSError: [Errno 28] No space left on device",
                             "fatal error: error writing to /tmp/x.s: No space "
                             "left on device",
                             "cannot write 'x': the disk is full"}) {
        const JobFailure failure = failure_of("the compile", "it ended with exit code 1", text);
        CHECK(failure.transient);
        CHECK(failure.retry_cause.empty());
        CHECK(failure.words.find("make room") != std::string::npos);
    }
}

TEST_CASE("what the compiler says is the kernel's failure, with its last words") {
    const JobFailure failure =
        failure_of("the compile", "it ended with exit code 1",
                   "one\ntwo\nx.cu(3): error: identifier \"half4\" is undefined\n1 error detected");
    CHECK_FALSE(failure.transient);
    CHECK(failure.retry_cause.empty());
    CHECK(failure.words ==
          "the compile failed: it ended with exit code 1: two | x.cu(3): error: identifier \"half4\" is "
          "undefined | 1 error detected");
}

TEST_CASE("bytes that are not those of pod.json may have been cut on their way") {
    const JobFailure failure =
        failure_of("fetching", "1", "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.");
    CHECK(failure.transient);
    CHECK(failure.retry_cause == "damaged");
}

TEST_CASE("a failure of the job's own work is told by errno, whatever its words are") {
    CHECK(failure_of("laying out the source", build_error("cannot read '/x'")).words ==
          "laying out the source failed: cannot read '/x'");
    CHECK_FALSE(failure_of("compiling", build_error("No space left on device")).transient);
    for (const int why : {ENOSPC, EDQUOT}) {
        const JobFailure full = failure_of("compiling", os_error("write", "/x", why));
        CHECK(full.transient);
        CHECK(full.words.find("make room") != std::string::npos);
    }
    CHECK(failure_of("compiling", os_error("write", "/x", EROFS)).words == "compiling failed: the disk is read-only");
    CHECK_FALSE(failure_of("compiling", os_error("write", "/x", EACCES)).transient);
}

TEST_CASE("each kind of failure that a tool's words tell") {
    CHECK(read_tool_words("error: could not write: Disk quota exceeded").failure == ToolFailure::disk_full);
    CHECK(read_tool_words("OSError: [Errno 30] Read-only file system: '/x'").failure == ToolFailure::read_only);
    CHECK(read_tool_words("fatal: early EOF").failure == ToolFailure::no_network);
    CHECK(read_tool_words("fatal: early EOF").word == "early EOF");
    CHECK(read_tool_words("THESE PACKAGES DO NOT MATCH THE HASHES").failure == ToolFailure::damaged);
    CHECK(read_tool_words("ninja: build stopped: subcommand failed.").failure == ToolFailure::other);
    // The disk comes first: a full one breaks connections too.
    CHECK(read_tool_words("Connection broken\nNo space left on device").failure == ToolFailure::disk_full);
}
