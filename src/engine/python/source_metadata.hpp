// SPDX-License-Identifier: Apache-2.0
// Asks sources what they are, through their build backend in the sandbox over a base's layers. The engine's
// implementation of resolve/build_backend.hpp, used while the lock is completed. An answer is kept in the store under
// everything that can decide it.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/sandbox/sandbox.hpp"
#include "resolve/build_backend.hpp"
#include "resolve/context.hpp"

namespace tmplbuild {

class SandboxBackends : public BuildBackends {
  public:
    // `below`: the base's layers, which may be added later; `init`: the program sandbox-init.
    SandboxBackends(const std::vector<BuiltLayer>& below, std::filesystem::path init, const ResolveContext& context)
        : below_(below), init_(std::move(init)), context_(context) {}

    Result<std::string> metadata(const LockedDistribution& source, const std::vector<LockedDistribution>& builders,
                                 const BaseContract& contract) override;

  private:
    const std::vector<BuiltLayer>& below_;
    std::filesystem::path init_;
    const ResolveContext& context_;
    std::unique_ptr<Sandbox> sandbox_;
};

}  // namespace tmplbuild
