// SPDX-License-Identifier: Apache-2.0
// How a lock is made whole: what is asked of apt, uv and the index, in which order, and what a failure on the way
// leaves. Without a network, a sandbox or a tool: see fake_resolvers.hpp.
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

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

using Texts = std::vector<std::string>;

const std::string online_template = R"(schema = 1
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

// What a first lock asks, in order: the base, what lies over it, the venv, the toolkit.
const Texts first_log = {"apt ?essential apt binutils g++ make python3-venv",
                         "apt jq",
                         "fetch jq",
                         "apt binutils g++ make",
                         "uv numpy pip",
                         "uv nvidia-cuda-cccl nvidia-cuda-crt nvidia-cuda-nvcc nvidia-cuda-runtime nvidia-nvvm"};

struct StoppingProgress : SilentProgress {
    std::string stop_at{};
    std::stop_source stop{};
    void started(const std::string& step, const std::string&) override {
        if (step == stop_at) stop.request_stop();
    }
};

// A machine on which everything is on offer that online_template asks for.
struct OnlinePlace {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "online-test-").value();
    fs::path file = folder.path() / "template.toml";
    Store store = Store::open(folder.path() / "store").value();
    FakeResolvers tools{folder.path() / "apt"};
    FakeHttp http{};
    StoppingProgress progress{};

    OnlinePlace() {
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

    void offer(const std::string& project, const std::string& version) {
        tools.projects[project] = version;
        io::HttpResponse& answer = http.answers["GET " + FakeResolvers::wheel_url(project, version)];
        answer.status = 200;
        answer.body = FakeResolvers::wheel_text(project, version);
    }
    // All that it takes to have the base with what apt has now: the record that an earlier build of it left.
    void keep_base(const Template& tmpl) const {
        Lock lock;
        const LocalFacts facts = find_local_facts(tmpl, {}, store);
        lock.base = LockedBase{"debian", base_request(tmpl, facts), "bookworm", {}, {}, {}};
        Texts names = base_packages(tmpl);
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
    Texts lock(const std::string& text = online_template, const PrepareOptions& options = {}) {
        REQUIRE(sys::write_file_atomic(file, text));
        const Template tmpl = parse_template_file(file, {{}, std::string(TEST_DATA) + "/fakes/recipes"});
        keep_base(tmpl);
        tools.log.clear();
        const Prepared prepared = prepare(tmpl, options, {store, tools, http, progress, progress.stop.get_token()});
        CHECK(prepared.missing.empty());
        CHECK(Lock::parse(locked(), "template.lock").value() == prepared.lock);
        return tools.log;
    }
    Error failure(const PrepareOptions& options = {}) {
        try {
            (void)lock(online_template, options);
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
    bool left_nothing() const { return fs::is_empty(store.root() / "tmp"); }

  private:
    std::string before_;
};

PrepareOptions renewing(const std::string& part) {
    PrepareOptions options;
    options.update = {part};
    return options;
}

}  // namespace

TEST_CASE("a first lock asks for the base, then for what stands on it, and fetches Python's files last") {
    OnlinePlace place;
    CHECK(place.lock() == first_log);
    const Lock lock = place.parsed();
    REQUIRE(lock.base);
    CHECK(lock.base->packages.size() == 5);
    CHECK(lock.base->contract.python->version == "3.11.2");
    CHECK(lock.base->diff_ids.size() == 1);
    REQUIRE(lock.apts.size() == 2);
    CHECK(lock.apts[0].packages == std::vector{place.tools.package("jq")});
    REQUIRE(lock.venvs.size() == 1);
    CHECK(lock.venvs[0].distributions.size() == 2);
    CHECK(lock.toolchain->wheels.size() == 5);
    CHECK(place.http.asked().size() == 7);
    CHECK(place.left_nothing());
}

TEST_CASE("with a lock that is whole nobody is asked for anything") {
    OnlinePlace place;
    (void)place.lock();
    const std::string before = place.locked();
    const std::size_t fetched = place.http.asked().size();
    CHECK(place.lock().empty());
    CHECK(place.locked() == before);
    CHECK(place.http.asked().size() == fetched);
}

TEST_CASE("a renewed base brings newer packages; what stood on it is resolved again, and venvs stay") {
    OnlinePlace place;
    (void)place.lock();
    const Lock before = place.parsed();
    place.tools.packages["python3-venv"] = "2";
    place.offer("numpy", "2.1");
    CHECK(place.lock(online_template, renewing("base")) == Texts{first_log[0], first_log[1], first_log[3]});
    const Lock after = place.parsed();
    CHECK(after.base->packages != before.base->packages);
    CHECK(after.base->diff_ids != before.base->diff_ids);
    CHECK(after.venvs == before.venvs);
    CHECK(after.toolchain == before.toolchain);
}

TEST_CASE("a step that asks for another package is resolved again, and so is what lies over it") {
    OnlinePlace place;
    (void)place.lock();
    const Lock before = place.parsed();
    std::string more = online_template;
    more.replace(more.find("\"jq\""), 4, "\"jq\", \"curl\"");
    CHECK(place.lock(more) == Texts{"apt curl jq", "fetch curl", "apt binutils g++ make"});
    const Lock after = place.parsed();
    CHECK(after.base == before.base);
    CHECK(after.venvs == before.venvs);
    CHECK(after.apts[0].packages.size() == 2);
}

TEST_CASE("a venv that is to be renewed takes newer versions, another one keeps what it has") {
    OnlinePlace place;
    (void)place.lock();
    place.offer("numpy", "2.1");
    CHECK(place.lock() == Texts{});
    CHECK(place.parsed().venvs[0].distributions[0].version == "2.0");
    CHECK(place.lock(online_template, renewing("python:/opt/venv")) == Texts{"uv numpy pip"});
    CHECK(place.parsed().venvs[0].distributions[0].version == "2.1");
}

TEST_CASE("a network that is lost on the way leaves the lock as it was, and the next run takes up from there") {
    PrepareOptions all;
    all.update_all = true;
    for (const std::string& line : first_log) {
        if (line.starts_with("fetch")) continue;
        INFO(line);
        OnlinePlace place;
        (void)place.lock();
        const std::string before = place.locked();
        place.offer("numpy", "2.1");
        place.tools.lost_network_at = line;
        CHECK(place.failure(all).kind == ErrorKind::network);
        CHECK(place.locked() == before);
        CHECK(place.left_nothing());
        place.tools.lost_network_at.clear();
        CHECK(place.lock(online_template, all).size() >= 5);
        CHECK(place.parsed().venvs[0].distributions[0].version == "2.1");
    }
}

TEST_CASE("a first lock whose files cannot be fetched is none") {
    OnlinePlace place;
    place.http.answers.clear();
    const Error error = place.failure();
    CHECK(error.kind == ErrorKind::network);
    CHECK(place.locked().empty());
    CHECK(place.left_nothing());
}

TEST_CASE("a stop on the way leaves the lock as it was") {
    OnlinePlace place;
    (void)place.lock();
    const std::string before = place.locked();
    place.progress.stop_at = "python:/opt/venv";
    PrepareOptions all;
    all.update_all = true;
    CHECK(place.failure(all).kind == ErrorKind::interrupted);
    CHECK(place.locked() == before);
    CHECK(place.left_nothing());
}
