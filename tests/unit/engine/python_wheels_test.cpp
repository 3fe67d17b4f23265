// SPDX-License-Identifier: Apache-2.0
// Not run by itself: what tests/e2e/python_wheels.sh and tests/bench/python.sh drive with real wheels.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "python_place.hpp"
#include "sys/file_digest.hpp"

using namespace test;

namespace {

// Says when each phase began.
class Clock : public SilentProgress {
  public:
    void doing(const std::string&, const std::string& what) override {
        std::cout << "at " << seconds() << " " << what << std::endl;
    }
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }

  private:
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace

// TMPLBUILD_WHEELS: a folder of wheels. TMPLBUILD_VENV: the venv's path. TMPLBUILD_STORE: the store. Prints one line a
// layer, "layer GROUP BLOB", and when each phase began, in seconds. Wheels over 50 MB are group 0, all others 1.
TEST_CASE("real wheels", "[.wheels]") {
    const fs::path folder = std::getenv("TMPLBUILD_WHEELS");
    PythonPlace place;
    place.store = Store::open(std::getenv("TMPLBUILD_STORE")).value();
    place.spec.locked.venv = std::getenv("TMPLBUILD_VENV");
    for (const auto& file : fs::directory_iterator(folder)) {
        const std::string name = file.path().filename();
        const std::size_t first = name.find('-'), second = name.find('-', first + 1);
        LockedDistribution wheel{name.substr(0, first), name.substr(first + 1, second - first - 1), name,
                                 sys::hash_file(file.path()).value()};
        wheel.group = fs::file_size(file.path()) > 50'000'000 ? 0 : 1;
        std::error_code there;
        fs::create_symlink(file.path(), place.store.blob_path(wheel.sha256), there);
        place.spec.locked.distributions.push_back(std::move(wheel));
    }
    std::sort(place.spec.locked.distributions.begin(), place.spec.locked.distributions.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    Clock clock;
    StepContext context{.step = "python:venv",
                        .store = place.store,
                        .processes = place.processes,
                        .http = place.http,
                        .progress = clock,
                        .stop = {},
                        .contract = place.context().contract,
                        .sandbox = &place.sandbox,
                        .jobs = std::thread::hardware_concurrency()};
    auto built = build_step(place.spec, context);
    if (!built) std::cout << "error " << built.error().to_string() << "\n";
    REQUIRE(built);
    for (const BuiltLayer& layer : built->layers)
        std::cout << "layer " << place.store.blob_path(layer.digest).string() << " " << layer.tar_size << " "
                  << layer.size << " " << layer.comment << "\n";
    std::cout << "seconds " << clock.seconds() << "\n";
}
