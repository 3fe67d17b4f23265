// SPDX-License-Identifier: Apache-2.0
// Runs numbered jobs on a few threads. Used inside steps whose parts do not depend on each other (wheels, groups of a
// venv). The result does not depend on the number of threads, except that it decides which jobs still ran after a
// failure.
#pragma once

#include <cstddef>
#include <functional>

#include "base/error.hpp"

namespace tmplbuild {

// Runs job(0) … job(count - 1), begun in this order, on at most `workers` threads (this one included; 0 counts as 1).
// After a failure no further job begins, and the error of the failed job with the lowest number is returned.
Result<void> run_parallel(std::size_t count, unsigned workers, const std::function<Result<void>(std::size_t)>& job);

}  // namespace tmplbuild
