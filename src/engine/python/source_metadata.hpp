// SPDX-License-Identifier: Apache-2.0
// What sources are, asked of their build backend in the sandbox over a base's layers. The engine's end of the seam
// resolve/build_backend.hpp; made by prepare.cpp once the base stands. An answer is kept in the store by everything
// that can decide it.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/sandbox/sandbox.hpp"
#include "resolve/build_backend.hpp"
#include "resolve/context.hpp"

namespace tmplbuild {

class SandboxBackends : public BuildBackends {
  public:
    // `below`: the base's layers, which may come later; `init`: the program sandbox-init.
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
