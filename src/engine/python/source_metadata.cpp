// SPDX-License-Identifier: Apache-2.0
#include "engine/python/source_metadata.hpp"

#include "engine/python/backend_run.hpp"
#include "engine/shared_cache.hpp"

namespace tmplbuild {

static constexpr std::uint64_t largest_metadata = 4 << 20;  // bytes

static Result<std::string> read_metadata(const BackendRun& run) {
    std::uint64_t size = 0;
    auto from = run.open_made("METADATA", size);
    if (!from) return from.error();
    if (size > largest_metadata) return run.failure("its METADATA is larger than any description of a package");
    std::vector<std::byte> buffer(size);
    auto got = sys::read_full(from->get(), buffer, "METADATA");
    if (!got) return got.error();
    return std::string(reinterpret_cast<const char*>(buffer.data()), *got);
}

Result<std::string> SandboxBackends::metadata(const LockedDistribution& source,
                                              const std::vector<LockedDistribution>& builders,
                                              const BaseContract& contract) {
    if (!contract.python) return build_error("the base has no Python that could run a build backend");
    StepContext context{.step = source.file,
                        .store = context_.store,
                        .processes = context_.processes,
                        .http = context_.http,
                        .progress = context_.progress,
                        .stop = context_.stop,
                        .contract = contract,
                        .below = below_};
    const Digest key = backend_key(BackendMake::metadata, source, builders, context).digest();
    if (const auto known = context_.store.find_index("metadata", key); known && known->is_object())
        if (const std::string text = json::string_or(known->get_object(), "metadata", ""); !text.empty()) return text;
    if (!sandbox_) {
        auto made = make_sandbox(context_.store, context_.processes, init_);
        if (made && context_.cache != nullptr) made = context_.cache->pulling(std::move(*made), context_.stop);
        if (!made) return made.error();
        sandbox_ = std::move(*made);
    }
    context.sandbox = sandbox_.get();
    auto run = BackendRun::start(BackendMake::metadata, source, builders, context);
    if (!run) return run.error();
    auto text = read_metadata(*run);
    if (!text) return text.error();
    auto kept = context_.store.put_index("metadata", key, json::object{{"metadata", *text}});
    if (!kept) return kept.error();
    return text;
}

}  // namespace tmplbuild
