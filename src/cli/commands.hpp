// SPDX-License-Identifier: Apache-2.0
// The commands behind the command line, one function each. main.cpp parses arguments and catches errors; these
// functions print results on stdout and return the exit code. They throw BuildError.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "calculator/video_plan.hpp"

namespace tmplbuild::cli {

struct Options {
    std::string template_file;
    std::string image;    // inspect, verify, gpus
    std::string can_run;  // inspect --can-run
    std::string step;     // explain
    std::vector<std::string> set, outputs;
    std::vector<std::string> only;  // build --only STEP
    std::optional<std::string> metadata_file;
    std::string update;                               // lock --update; empty: all parts
    std::vector<std::string> secrets;                 // build, run: --secret NAME=FILE
    std::vector<std::string> arguments, environment;  // run
    std::string volume;                               // run
    std::vector<std::string> gpus;                    // run --gpu
    std::vector<std::string> ports;                   // run -p [HOST:]POD
    std::string network = "pod";                      // run --network
    std::vector<std::string> plain_http;              // --plain-http HOST[:PORT]
    std::vector<std::string> cache_from;              // --cache-from docker://HOST/REPOSITORY
    std::string cache_to;                             // --cache-to docker://HOST/REPOSITORY; empty: nowhere
    std::string cache_key;                            // --cache-key FILE; empty: none
    std::string remote, keep, max_size;               // cache ls, cache gc
    bool yes = false;                                 // cache gc
    calculator::VideoWish video;                      // wan-plan
    std::string video_gpu;                            // wan-plan --gpu
    bool models = false;                              // wan-plan --models
    bool publish = false, strict = false;             // runpod
    std::string key_file, folder, api;                // runpod: --key-file, -o, --api
    std::string catalogue, into;                      // catalogue import, lock: FROM or FILE, and --output
    std::vector<std::string> workflows;               // catalogue import --workflow
    std::string version;                              // this program's
    bool json = false, dot = false, check = false, lock_update = false;
};

int run_build(const Options& options, Progress& progress, std::stop_token stop);
int run_run(const Options& options, Progress& progress, std::stop_token stop);
int run_plan(const Options& options, Progress& progress, std::stop_token stop);
int run_matrix(const Options& options, Progress& progress, std::stop_token stop);
int run_lock(const Options& options, Progress& progress, std::stop_token stop);
int run_explain(const Options& options, Progress& progress, std::stop_token stop);
int run_cache_ls(const Options& options, Progress& progress, std::stop_token stop);
int run_cache_gc(const Options& options, Progress& progress, std::stop_token stop);
int run_inspect(const Options& options, const std::stop_token& stop);
int run_push(const Options& options, Progress& progress, std::stop_token stop);
int run_verify(const Options& options, const std::stop_token& stop);
int run_gpus(const Options& options, const std::stop_token& stop);
int run_wan_plan(const Options& options);
int run_doctor(const Options& options, Progress& progress, std::stop_token stop);
int run_runpod(const Options& options, Progress& progress, std::stop_token stop);
int run_catalogue_import(const Options& options, Progress& progress, std::stop_token stop);
int run_catalogue_lock(const Options& options, Progress& progress, std::stop_token stop);

// The files that ship with this program, found relative to it: those that go into images, by their path there; the one
// that runs in the sandbox; the folder of recipes.
std::map<std::string, std::filesystem::path> image_programs();
std::filesystem::path sandbox_init_file();
std::filesystem::path nvcc_front_file();
std::filesystem::path recipes_folder();
std::filesystem::path fake_driver_folder();
// The packages whose files a release carries, with their versions, a line each; empty in a build tree.
std::vector<std::string> bundled_packages();

}  // namespace tmplbuild::cli
