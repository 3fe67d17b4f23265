// SPDX-License-Identifier: Apache-2.0
// The network of a pod on this machine: a namespace with its own loopback, which slirp4netns connects to the outside
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
    // Whether the program that it needs is installed.
    static bool is_possible();
    // `folder`: this run's, for the resolver's file. On failure, a machine error with the program's last lines. Needs
    // CAP_SYS_ADMIN.
    static Result<std::unique_ptr<PodNetwork>> make(const std::filesystem::path& folder, io::ProcessRunner& processes);
    PodNetwork(const PodNetwork&) = delete;
    PodNetwork& operator=(const PodNetwork&) = delete;
    ~PodNetwork();

    int fd() const { return network_.get(); }
    std::filesystem::path path() const;  // the path of the namespace, valid as long as this value lives
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
