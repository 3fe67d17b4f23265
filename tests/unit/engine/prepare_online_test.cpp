// SPDX-License-Identifier: Apache-2.0
// How a lock is made whole: what is asked of apt, uv and the index, in which order, and what a failure on the way
// leaves. Without a network, a sandbox or a tool.
#include <map>

#include "online_place.hpp"

using namespace tmplbuild;

namespace {

using Texts = std::vector<std::string>;

// What a first lock asks, in order: the base, what lies over it, the venv, the toolkit.
const Texts first_log = {"apt ?essential apt binutils g++ make python3-venv",
                         "apt jq",
                         "fetch jq",
                         "apt binutils g++ make",
                         "uv numpy pip",
                         "uv nvidia-cuda-cccl nvidia-cuda-crt nvidia-cuda-nvcc nvidia-cuda-runtime nvidia-nvvm"};

// The recipe "./k", which serves the template's GPU. `source`, `build`: lines of these tables.
void write_kernel(const OnlinePlace& place, const std::string& source, const std::string& build = {}) {
    REQUIRE(sys::write_file_atomic(place.folder.path() / "k/layer.toml", R"(schema = 1
kind = "kernel"
name = "k"
version = "1.0.0"
[source]
)" + source + R"(
[build]
command = ["make"]
)" + build + R"(
[python]
package = "k"
[[arch]]
capability = "8.9"
[[module]]
file = "k.so"
)"));
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

TEST_CASE("a venv that is to be renewed keeps its groups, so that what stays the same moves no layer") {
    OnlinePlace place;
    place.offer("numpy", "2.0", std::string(16'000'000, 'n'));  // too large to share a layer
    (void)place.lock();
    const auto groups = [&] {
        const Lock lock = place.parsed();
        std::map<std::string, int> out;
        for (const LockedDistribution& one : lock.venvs[0].distributions) out[one.name] = one.group;
        return out;
    };
    const std::map<std::string, int> two = {{"numpy", 0}, {"pip", 1}};
    CHECK(groups() == two);
    place.offer("numpy", "2.1");  // a small one, which would share pip's layer in a new lock
    CHECK(place.lock(online_template, renewing("python:/opt/venv")) == Texts{"uv numpy pip"});
    CHECK(place.parsed().venvs[0].distributions[0].version == "2.1");
    CHECK(groups() == two);
}

TEST_CASE("a network that is lost on the way leaves the lock as it was, and the next run takes up from there") {
    PrepareOptions all;
    all.update_all = true;
    OnlinePlace place;
    (void)place.lock();
    const std::string before = place.locked();
    place.offer("numpy", "2.1");
    for (const std::string& line : first_log) {
        if (line.starts_with("fetch")) continue;
        INFO(line);
        place.tools.lost_network_at = line;
        CHECK(place.failure(all).kind == ErrorKind::network);
        CHECK(place.tools.log.back() == line);
        CHECK(place.locked() == before);
        CHECK(place.left_nothing());
    }
    place.tools.lost_network_at.clear();
    (void)place.lock(online_template, all);
    CHECK(place.parsed().venvs[0].distributions[0].version == "2.1");
}

TEST_CASE("a torch that no kernel can be compiled against is refused before any file of Python's is fetched") {
    OnlinePlace place;
    for (const char* name : {"git", "ninja-build", "python3-dev"}) place.tools.packages[name] = "1";
    place.offer("torch", "2.11.0");
    place.offer("nvidia-cuda-runtime-cu12", "12.8.90");
    REQUIRE(sys::write_file_atomic(place.folder.path() / "k/k.cu", "int k;\n"));
    write_kernel(place, "path = \".\"", "needs_torch = true");
    std::string text = online_template;
    text.replace(text.find("\"numpy\""), 7, R"("torch", "nvidia-cuda-runtime-cu12")");
    text.replace(text.find("\"plain\""), 7, "\"./k\"");
    const Error error = place.failure({}, text);
    CHECK(error.kind == ErrorKind::usage);
    CHECK(error.message ==
          "the kernel 'k' cannot be compiled: torch 2.11.0 is built for CUDA 12, and the kernel would be compiled with "
          "CUDA 13.0: their majors must agree");
    CHECK(place.tools.log.back() == "uv nvidia-cuda-runtime-cu12 pip torch");
    CHECK(place.http.asked().empty());
    CHECK(place.locked().empty());
}

TEST_CASE("a venv whose layers are too many beside the template's is refused before its files are fetched") {
    OnlinePlace place;
    // Each is worth a layer of its own.
    for (const char* name : {"nvidia-a", "nvidia-b", "torch"}) {
        place.offer(name, "1");
        place.tools.projects[name].size = 900'000'000;
    }
    std::string text = online_template;
    text.replace(text.find("\"numpy\""), 7, R"("nvidia-a", "nvidia-b", "torch")");
    for (int i = 0; i < 113; ++i)
        text += "[[layers]]\nuse = \"run\"\nname = \"r" + std::to_string(i) + "\"\ncommand = [\"true\"]\n";
    const Error error = place.failure({}, text);
    CHECK(error.kind == ErrorKind::usage);
    CHECK(error.message.starts_with("the image would have at least 12"));
    CHECK_FALSE(place.tools.log.empty());
    CHECK(place.http.asked().empty());
    CHECK(place.locked().empty());
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

namespace {

// A kernel whose source is the sdist "flash-attn" 2.8.3, and the index that is to have it.
struct SdistPlace : OnlinePlace {
    std::map<std::string, std::string> before{};
    std::string text = online_template;
    const std::string page = "GET https://index.example/simple/flash-attn/";
    const std::string file = "GET https://index.example/simple/flash-attn/flash_attn-2.8.3.tar.gz";

    SdistPlace() {
        for (const auto& [name, value] : {std::pair{"PIP_CONFIG_FILE", "/dev/null"},
                                          {"UV_DEFAULT_INDEX", "https://index.example/simple"},
                                          {"PIP_EXTRA_INDEX_URL", ""},
                                          {"UV_INDEX", ""},
                                          {"UV_EXTRA_INDEX_URL", ""},
                                          {"PIP_FIND_LINKS", ""},
                                          {"UV_FIND_LINKS", ""},
                                          {"PIP_NO_INDEX", ""},
                                          {"UV_NO_INDEX", ""}}) {
            const char* was = std::getenv(name);
            before[name] = was == nullptr ? "" : was;
            ::setenv(name, value, 1);
        }
        text.replace(text.find("\"plain\""), 7, "\"./k\"");
        name_version("2.8.3");
        list("flash_attn-2.8.3.tar.gz");
        http.answers[file].status = 200;
        http.answers[file].body = "an sdist";
    }
    ~SdistPlace() {
        for (const auto& [name, value] : before) ::setenv(name.c_str(), value.c_str(), 1);
    }
    SdistPlace(const SdistPlace&) = delete;
    SdistPlace& operator=(const SdistPlace&) = delete;

    void list(const std::string& name) {
        http.answers[page].status = 200;
        http.answers[page].final_url = page.substr(4);
        http.answers[page].body = "<a href='" + name + "'>one</a>";
    }
    void name_version(const std::string& version) const {
        write_kernel(*this, "sdist = \"Flash_Attn==" + version + "\"");
    }
};

}  // namespace

TEST_CASE("the sdist that a kernel's source is comes from the machine's index, once, and uv is not asked for it") {
    SdistPlace place;
    CHECK(place.lock(place.text) == first_log);
    const LockedDistribution sdist{"flash-attn", "2.8.3", "flash_attn-2.8.3.tar.gz", Sha256::of("an sdist"), 8};
    REQUIRE(place.parsed().kernels.size() == 1);
    CHECK(place.parsed().kernels[0].sdist == sdist);
    CHECK(place.locked().find("index.example") == std::string::npos);
    CHECK(place.store.has_blob(sdist.sha256));
    const auto times = [&](const std::string& what) {
        const auto asked = place.http.asked();
        return std::count(asked.begin(), asked.end(), what);
    };
    CHECK(times(place.page) == 1);
    // Other bytes under the same name: what is locked stays, also where the venv moves, until it is to be renewed.
    place.http.answers[place.file].body = "another";
    place.offer("numpy", "2.1");
    (void)place.lock(place.text, renewing("python:/opt/venv"));
    CHECK(place.parsed().kernels[0].sdist == sdist);
    CHECK(times(place.page) == 1);
    (void)place.lock(place.text, renewing("kernel:k"));
    CHECK(place.parsed().kernels[0].sdist->sha256 == Sha256::of("another"));
    // Another version is another sdist.
    place.name_version("2.8.4");
    place.list("flash_attn-2.8.4.zip");
    place.http.answers["GET https://index.example/simple/flash-attn/flash_attn-2.8.4.zip"] =
        place.http.answers[place.file];
    (void)place.lock(place.text);
    CHECK(place.parsed().kernels[0].sdist->file == "flash_attn-2.8.4.zip");
}

TEST_CASE("an sdist that no index has is one error before a base is made") {
    SdistPlace place;
    for (const auto& [offered, why] :
         {std::pair{"flash_attn-2.8.3-py3-none-any.whl", "has only wheels of 2.8.3"},
          {"flash_attn-2.8.2.tar.gz", "has no version 2.8.3; the last that it names is 2.8.2"},
          {"other-2.8.3.tar.gz", "has no project of this name"}}) {
        place.list(offered);
        const Error error = place.failure({}, place.text);
        CHECK(error.kind == ErrorKind::usage);
        CHECK(error.message == "no package index has an sdist of flash-attn 2.8.3");
        CHECK(error.detail == std::string("https://index.example/simple/flash-attn/: ") + why);
        REQUIRE(error.where);
        CHECK(place.tools.log.empty());
        CHECK(place.locked().empty());
    }
    place.http.answers[place.page].status = 503;
    CHECK(place.failure({}, place.text).kind == ErrorKind::network);
}
