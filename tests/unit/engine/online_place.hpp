// SPDX-License-Identifier: Apache-2.0
// A machine on which all is on offer that a template asks for, by the fakes of fake_resolvers.hpp: for tests of how a
// lock is made whole.
#pragma once

#include <algorithm>
#include <cstdlib>

#include "engine/local_facts.hpp"
#include "engine/prepare.hpp"
#include "fake_resolvers.hpp"
#include "pack/entry_set.hpp"
#include "plan/requests.hpp"
#include "support/catch.hpp"
#include "support/debian_contract.hpp"
#include "support/fake_http.hpp"
#include "sys/file.hpp"
#include "template/parse.hpp"

namespace tmplbuild {

inline const std::string online_template = R"(schema = 1
name = "test"
[base]
debian = { suite = "bookworm", packages = ["python3-venv"] }
[targets]
gpus = ["RTX 4090"]
[[layers]]
use = "apt"
name = "tools"
packages = ["jq"]
[[layers]]
use = "python"
venv = "/opt/venv"
requirements = ["numpy"]
[[kernels]]
use = "plain"
)";

struct StoppingProgress : SilentProgress {
    std::string stop_at{};
    std::stop_source stop{};
    void started(const std::string& step, const std::string&) override {
        if (step == stop_at) stop.request_stop();
    }
};

struct OnlinePlace {
    sys::TempDirectory folder;
    std::filesystem::path file = folder.path() / "template.toml";
    Store store = Store::open(folder.path() / "store").value();
    FakeResolvers tools{folder.path() / "apt"};
    FakeHttp http{};
    StoppingProgress progress{};

    explicit OnlinePlace(const std::filesystem::path& where = std::filesystem::temp_directory_path())
        : folder(sys::TempDirectory::make(where, "online-test-").value()) {
        for (const char* name : {"apt", "binutils", "curl", "g++", "jq", "make", "python3-venv"})
            tools.packages[name] = "1";
        for (const char* name :
             {"nvidia-cuda-cccl", "nvidia-cuda-crt", "nvidia-cuda-nvcc", "nvidia-cuda-runtime", "nvidia-nvvm"})
            offer(name, "13.0.88");
        offer("numpy", "2.0");
        offer("pip", "25.0");
        // Where the machine has no uv, the fake one is called by this name.
        REQUIRE(sys::write_file_atomic(folder.path() / "bin/uv", "", 0755));
        const char* path = std::getenv("PATH");
        before_ = path == nullptr ? "" : path;
        ::setenv("PATH", (before_ + ":" + (folder.path() / "bin").string()).c_str(), 1);
    }
    ~OnlinePlace() { ::setenv("PATH", before_.c_str(), 1); }
    OnlinePlace(const OnlinePlace&) = delete;
    OnlinePlace& operator=(const OnlinePlace&) = delete;

    void offer(const std::string& project, const std::string& version, const std::string& content = {}) {
        tools.projects[project] = {version, content.empty() ? "wheel of " + project + " " + version : content, 0};
        io::HttpResponse& answer = http.answers["GET " + FakeResolvers::wheel_url(project, version)];
        answer.status = 200;
        answer.body = tools.projects[project].content;
    }
    // All that it takes to have the base with what apt has now: the record that an earlier build of it left.
    void keep_base(const Template& tmpl) const {
        Lock lock;
        const LocalFacts facts = find_local_facts(tmpl, {}, store);
        lock.base = LockedBase{"debian", base_request(tmpl, facts), "bookworm", {}, {}, {}};
        std::vector<std::string> names = base_packages(tmpl);
        names.emplace_back("apt");
        std::sort(names.begin(), names.end());
        std::string status;
        for (const std::string& name : names) {
            lock.base->packages.push_back(tools.package(name));
            status += "Package: " + name + "\nVersion: " + lock.base->packages.back().version + "\n\n";
        }
        EntrySet set;
        REQUIRE(set.add({.path = "var/lib/dpkg/status", .mode = 0644}, status));
        const Step step = plan_base(tmpl, lock, facts);
        REQUIRE(store.put_record({step.id,
                                  *step.key,
                                  {set.write(store, {Compression::zstd, "base"}).value()},
                                  {{"contract", debian_contract().to_json()}}}));
    }
    // What was asked of the tools, in order.
    std::vector<std::string> lock(const std::string& text = online_template, const PrepareOptions& options = {}) {
        REQUIRE(sys::write_file_atomic(file, text));
        const Template tmpl = parse_template_file(file, {{}, std::string(TEST_DATA) + "/fakes/recipes"});
        keep_base(tmpl);
        tools.log.clear();
        const Prepared prepared = prepare(tmpl, options, {store, tools, http, progress, progress.stop.get_token()});
        CHECK(prepared.missing.empty());
        CHECK(Lock::parse(locked(), "template.lock").value() == prepared.lock);
        return tools.log;
    }
    Error failure(const PrepareOptions& options = {}, const std::string& text = online_template) {
        try {
            (void)lock(text, options);
        } catch (const BuildError& failed) {
            return failed.errors().front();
        }
        FAIL("it did not fail");
        return {};
    }
    std::string locked() const {
        auto text = sys::read_file(lock_path(file));
        return text ? *text : "";
    }
    Lock parsed() const { return Lock::parse(locked(), "template.lock").value(); }
    bool left_nothing() const { return std::filesystem::is_empty(store.root() / "tmp"); }

  private:
    std::string before_;
};

inline PrepareOptions renewing(const std::string& part) {
    PrepareOptions options;
    options.update = {part};
    return options;
}

}  // namespace tmplbuild
