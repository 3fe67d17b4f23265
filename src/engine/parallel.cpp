// SPDX-License-Identifier: Apache-2.0
#include "engine/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "base/as_result.hpp"

namespace tmplbuild {

Result<void> run_parallel(std::size_t count, unsigned workers, const std::function<Result<void>(std::size_t)>& job) {
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    std::vector<std::optional<Error>> errors(count);
    auto work = [&] {
        for (std::size_t at = next++; at < count && !failed; at = next++) {
            if (auto done = as_result([&] { return job(at); }); !done) {
                errors[at] = done.error();
                failed = true;
            }
        }
    };
    {
        std::vector<std::jthread> threads;
        const std::size_t wanted = std::min<std::size_t>(std::max(workers, 1U), count);
        for (std::size_t i = 1; i < wanted; ++i) threads.emplace_back(work);
        work();
    }
    for (const auto& error : errors)
        if (error) return *error;
    return {};
}

}  // namespace tmplbuild
