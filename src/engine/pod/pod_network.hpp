// SPDX-License-Identifier: Apache-2.0
// The network of a pod on this machine: a namespace of its own with its own loopback, out of which slirp4netns leads
// (docs/decisions, "A pod on this machine has a network of its own"). Used by run_image.cpp. Never changes this
// machine's interfaces, routes or filters.
#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <thread>

#include "base/error.hpp"
#include "io/process.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

class PodNetwork {
  public:
    // Whether the program that it needs is here.
    static bool is_possible();
    // `folder`: of this run, for the resolver's file. A machine error with the program's last words when it fails.
    // Needs CAP_SYS_ADMIN.
    static Result<std::unique_ptr<PodNetwork>> make(const std::filesystem::path& folder, io::ProcessRunner& processes);
    PodNetwork(const PodNetwork&) = delete;
    PodNetwork& operator=(const PodNetwork&) = delete;
    ~PodNetwork();

    int fd() const { return network_.get(); }
    std::filesystem::path path() const;  // of the namespace, for as long as this value lives
    const std::filesystem::path& resolver() const { return resolver_; }

  private:
    PodNetwork() = default;
    Result<void> lead_out(io::ProcessRunner& processes);

    sys::Fd network_;
    std::filesystem::path resolver_;
    std::stop_source stop_;
    std::thread way_out_;
};

}  // namespace tmplbuild
