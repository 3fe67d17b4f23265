// SPDX-License-Identifier: Apache-2.0
// What the job reports to the launcher: one JSON object a line on stdout, the result as the last one. Used by the job's
// steps. Decides nothing.
#pragma once

#include <cstdint>
#include <string>

namespace tmplbuild::job {

// `percent` 0..99; `seconds_left` -1: not known.
void tell_progress(const std::string& words, int percent, std::int64_t seconds_left);
int tell_success(const std::string& directory, const std::string& digest);  // returns exit code 0
// `cannot_here`: nothing is wrong with the kernel itself. Returns the exit code, 3 or 1.
int tell_failure(const std::string& reason, bool cannot_here);
// Nothing is wrong with the kernel itself, and the cause passes without help, so the launcher starts the job again.
// `retry_cause` is one of the words of the supervisor's parse_retry_cause().
int tell_retry(const std::string& reason, const std::string& retry_cause);

}  // namespace tmplbuild::job
