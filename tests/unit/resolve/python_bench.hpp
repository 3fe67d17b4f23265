// SPDX-License-Identifier: Apache-2.0
// What the tests of the resolver share: a store, packages made here, and an environment in which pip's settings are the
// test's alone. The resolver behind it is the real uv.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "resolve/python.hpp"
#include "support/catch.hpp"
#include "support/debian_contract.hpp"
#include "sys/file.hpp"
#include "sys/file_digest.hpp"

namespace test {

namespace fs = std::filesystem;
using namespace tmplbuild;
using Texts = std::vector<std::string>;

struct SeenProgress : SilentProgress {
    void message(const std::string& text) override { messages.push_back(text); }
    void bytes(const std::string&, std::uint64_t now, std::uint64_t all) override {
        done = now;
        total = all;
    }
    Texts messages;
    std::uint64_t done = 0, total = 0;
};

class PythonBench {
  public:
    PythonBench() {
        set("HOME", (folder.path() / "home").string());
        set("PIP_CONFIG_FILE", "/dev/null");
        set("SDIST_RAN", (folder.path() / "ran").string());
        for (const char* name :
             {"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "UV_INDEX_URL",
              "UV_DEFAULT_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX"})
            set(name, "");
    }
    ~PythonBench() { reset_all(); }
    PythonBench(const PythonBench&) = delete;
    PythonBench& operator=(const PythonBench&) = delete;

    void set(const std::string& name, const std::string& value) {
        const char* was = std::getenv(name.c_str());
        before_.emplace(name, was == nullptr ? std::nullopt : std::optional<std::string>(was));
        ::setenv(name.c_str(), value.c_str(), 1);
    }
    // As it was before the test.
    void reset(const std::string& name) {
        const auto& value = before_.at(name);
        if (value)
            ::setenv(name.c_str(), value->c_str(), 1);
        else
            ::unsetenv(name.c_str());
    }
    void reset_all() {
        for (const auto& [name, value] : before_) reset(name);
    }
    // Only what make() makes; pip is among it, since every venv has it.
    void use_folder() {
        set("PIP_FIND_LINKS", wheels().string());
        set("PIP_NO_INDEX", "1");
        make({"pip", "24.0"});
    }
    void make(Texts arguments, const std::string& to = "wheels") {
        arguments.insert(arguments.begin(),
                         {"python3", TEST_DATA "/fakes/make_distribution.py", (folder.path() / to).string()});
        REQUIRE(runner.run_checked({.argv = arguments}, {}, "making a distribution"));
    }
    fs::path wheels() const { return folder.path() / "wheels"; }
    bool code_ran() const { return fs::exists(folder.path() / "ran") || fs::exists("/tmp/sdist-ran"); }

    Result<std::vector<LockedDistribution>> resolve(const Texts& requirements,
                                                    const std::vector<LockedDistribution>& earlier = {},
                                                    const Texts& constraints = {}) {
        PythonRequest request;
        request.step = "python:venv";
        request.earlier = earlier;
        auto added = add_lines(request.asked, request.step, requirements, constraints, folder.path());
        if (!added) return added.error();
        return resolve_asked(request);
    }
    // As a venv is: resolved, then fetched.
    Result<std::vector<LockedDistribution>> resolve_asked(const PythonRequest& request) {
        auto resolved = resolve_python(request, debian_contract(), context);
        if (!resolved) return resolved.error();
        if (auto fetched = fetch_resolved(request.step, *resolved, context); !fetched) return fetched.error();
        last = *resolved;
        return std::move(resolved->distributions);
    }
    // A requirements file beside the template, with those that it names.
    PythonRequest asked_by(const std::string& file) {
        RequirementsRoot root;
        root.name = root.path = file;
        root.context = folder.path();
        root.environment = process_environment();
        root.read = [this](const std::string& path) { return sys::read_file(folder.path() / path); };
        PythonRequest request;
        request.step = "python:venv";
        request.asked = read_requirements({root}).value();
        return request;
    }
    PythonRequest asked_by_text(const std::string& text) {
        REQUIRE(sys::write_file_atomic(folder.path() / "r.txt", text));
        return asked_by("r.txt");
    }
    std::string sum_of(const std::string& file, const std::string& in = "wheels") const {
        return sys::hash_file(folder.path() / in / file).value().hex();
    }
    Result<void> fetch(const std::vector<LockedDistribution>& distributions, const LockedPlaces& places = {}) {
        return fetch_distributions("python:venv", "python:venv", distributions, places, {folder.path(), {}}, context);
    }
    void forget(const LockedDistribution& one) const { REQUIRE(fs::remove(store.blob_path(one.sha256))); }
    ResolvedPython last;
    // The store's temporary files and folders that are left.
    std::ptrdiff_t left() const { return std::distance(fs::directory_iterator(store.root() / "tmp"), {}); }

    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "python-test-").value();
    Store store = Store::open(folder.path() / "store").value();
    io::SystemProcessRunner runner;
    SeenProgress progress;
    std::stop_source stop;
    io::HttpClient http;
    ResolveContext context{store, runner, http, progress, stop.get_token()};

  private:
    std::map<std::string, std::optional<std::string>> before_;
};

inline Texts files(const std::vector<LockedDistribution>& distributions) {
    Texts out;
    for (const auto& one : distributions) out.push_back(one.file);
    return out;
}

inline void check_stored(const std::vector<LockedDistribution>& distributions, const PythonBench& bench) {
    for (const auto& one : distributions) {
        INFO(one.file);
        REQUIRE(bench.store.has_blob(one.sha256));
        CHECK(sys::hash_file(bench.store.blob_path(one.sha256)).value() == one.sha256);
        CHECK(bench.store.blob_size(one.sha256).value() == one.size);
    }
    CHECK(bench.left() == 0);
}

}  // namespace test
