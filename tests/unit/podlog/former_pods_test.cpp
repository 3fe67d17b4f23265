// SPDX-License-Identifier: Apache-2.0
// Which pods' log files go, and that nothing else does, on a real folder with times that the test sets.
#include "podlog/former_pods.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "support/catch.hpp"

namespace fs = std::filesystem;
using namespace tmplbuild;
using namespace tmplbuild::launch;

namespace {

constexpr std::time_t hour = 3'600, day = 24 * hour;

struct Volume {
    fs::path root, pods;
    Volume() {
        std::string name = (fs::temp_directory_path() / "former-podsXXXXXX").string();
        root = ::mkdtemp(name.data());
        pods = root / ".tmplbuild/pods";
        fs::create_directories(pods / "own/logs");
    }
    ~Volume() { fs::remove_all(root); }

    static void age(const fs::path& file, std::time_t seconds) {
        const timespec then{::time(nullptr) - seconds, 0};
        const timespec times[2]{then, then};
        ::utimensat(AT_FDCWD, file.c_str(), times, AT_SYMLINK_NOFOLLOW);
    }
    // A pod whose last line is so old; `sign`: its last sign of life, where it left one.
    void add(const std::string& name, std::time_t last_line, std::time_t sign = -1) const {
        fs::create_directories(pods / name / "logs");
        for (const char* file : {"web.log", "web.log.1"}) {
            std::ofstream(pods / name / "logs" / file) << "line\n";
            age(pods / name / "logs" / file, last_line);
        }
        if (sign >= 0) std::ofstream(pods / name / "alive");
        if (sign >= 0) age(pods / name / "alive", sign);
        age(pods / name / "logs", last_line);
    }
    std::set<std::string> names() const {
        std::set<std::string> out;
        for (const auto& entry : fs::directory_iterator(pods)) out.insert(entry.path().filename().string());
        return out;
    }
    std::vector<std::string> tidy() const {
        FormerPods former(pods.string(), "own", {});
        former.begin();
        std::vector<std::string> news;
        for (int step = 0; former.busy(); ++step) {
            REQUIRE(step < 10'000);
            const std::string said = former.step();
            if (!said.empty()) news.push_back(said);
        }
        return news;
    }
};

}  // namespace

TEST_CASE("the newest ten pods of before stay, and none that is older than thirty days") {
    Volume volume;
    for (int i = 1; i <= 12; ++i) volume.add("pod" + std::to_string(i), i * 2 * day, i * 2 * day);
    volume.add("ancient", 31 * day, 31 * day);
    const auto news = volume.tidy();
    CHECK(volume.names() == std::set<std::string>{"own", "pod1", "pod2", "pod3", "pod4", "pod5", "pod6", "pod7", "pod8",
                                                  "pod9", "pod10"});
    REQUIRE(news.size() == 3);
    CHECK(news[0] == "those of the former pod pod11 are removed; its last sign of life is 22 days old");
    // A second look finds nothing to do.
    CHECK(volume.tidy().empty());
    Volume few;
    few.add("ancient", 31 * day);
    few.add("young", 29 * day);
    few.tidy();
    CHECK(few.names() == std::set<std::string>{"own", "young"});
}

TEST_CASE("a pod that may run still stays, however many there are and however little it says") {
    Volume volume;
    volume.add("silent", 90 * day, 23 * hour);
    volume.add("ended", 90 * day, 90 * day);
    volume.add("talks", 0, 90 * day);  // its sign could not be written
    volume.add("older", 20 * hour);    // of a launcher that leaves none
    for (int i = 0; i < 15; ++i) volume.add("busy" + std::to_string(i), 0, 0);
    volume.tidy();
    CHECK(volume.names().size() == 1 + 3 + 15);
    CHECK_FALSE(volume.names().contains("ended"));
    CHECK(fs::exists(volume.pods / "silent/logs/web.log.1"));
}

TEST_CASE("this pod leaves its sign of life, and is never one of before") {
    Volume volume;
    volume.age(volume.pods / "own/logs", 90 * day);
    volume.tidy();
    CHECK(fs::exists(volume.pods / "own/alive"));
    volume.age(volume.pods / "own/alive", 90 * day);
    volume.tidy();
    CHECK(fs::exists(volume.pods / "own/logs"));
    struct stat facts {};
    REQUIRE(::stat((volume.pods / "own/alive").c_str(), &facts) == 0);
    CHECK(::time(nullptr) - facts.st_mtim.tv_sec < hour);
}

TEST_CASE("links are removed themselves, and nothing behind one is touched") {
    Volume volume;
    fs::create_directories(volume.root / "elsewhere/logs");
    std::ofstream(volume.root / "elsewhere/logs/web.log") << "mine\n";
    volume.age(volume.root / "elsewhere/logs", 90 * day);
    volume.age(volume.root / "elsewhere/logs/web.log", 90 * day);
    fs::create_directory_symlink(volume.root / "elsewhere", volume.pods / "linked");
    fs::create_directories(volume.pods / "half");
    fs::create_directory_symlink(volume.root / "elsewhere/logs", volume.pods / "half/logs");
    volume.add("old", 40 * day);
    fs::create_symlink(volume.root / "elsewhere/logs/web.log", volume.pods / "old/logs/x.log");
    volume.age(volume.pods / "old/logs/x.log", 40 * day);
    volume.age(volume.pods / "old/logs", 40 * day);
    volume.tidy();
    CHECK(volume.names() == std::set<std::string>{"half", "linked", "own"});
    CHECK(fs::exists(volume.root / "elsewhere/logs/web.log"));
    // A linked folder of pods is not looked into at all.
    fs::rename(volume.pods, volume.root / "pods");
    fs::create_directory_symlink(volume.root / "pods", volume.pods);
    volume.add("old", 40 * day);
    volume.tidy();
    CHECK(volume.names().contains("old"));
}

TEST_CASE("what is not the log's stays, and is not said again and again") {
    Volume volume;
    volume.add("old", 40 * day);
    fs::create_directories(volume.pods / "old/logs/by-hand");
    volume.age(volume.pods / "old/logs/by-hand", 40 * day);
    volume.age(volume.pods / "old/logs", 40 * day);
    std::ofstream(volume.pods / "old/note");
    fs::create_directories(volume.pods / "no-pod");
    CHECK(volume.tidy().size() == 1);
    CHECK(fs::exists(volume.pods / "old/logs/by-hand"));
    CHECK(fs::exists(volume.pods / "old/note"));
    CHECK_FALSE(fs::exists(volume.pods / "old/logs/web.log"));
    volume.age(volume.pods / "old/logs", 40 * day);
    CHECK(volume.tidy().empty());
    CHECK(fs::exists(volume.pods / "no-pod"));
}

TEST_CASE("the work comes in small pieces, and a pod that comes back in between is left alone") {
    Volume volume;
    volume.add("first", 50 * day, 50 * day);
    volume.add("second", 60 * day, 60 * day);
    for (int i = 0; i < 100; ++i) std::ofstream(volume.pods / "first/logs" / ("s" + std::to_string(i) + ".log"));
    for (const auto& entry : fs::directory_iterator(volume.pods / "first/logs")) volume.age(entry.path(), 50 * day);
    volume.age(volume.pods / "first/logs", 50 * day);
    FormerPods former(volume.pods.string(), "own", {});
    former.begin();
    const auto left = [&] {
        return std::distance(fs::directory_iterator(volume.pods / "first/logs"), fs::directory_iterator());
    };
    auto before = left();
    while (before > 1) {
        former.step();
        CHECK(before - left() <= 16);
        before = left();
    }
    volume.age(volume.pods / "second/alive", 0);
    while (former.busy()) former.step();
    CHECK(volume.names() == std::set<std::string>{"own", "second"});
    CHECK(fs::exists(volume.pods / "second/logs/web.log"));
}
