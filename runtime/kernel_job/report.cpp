// SPDX-License-Identifier: Apache-2.0
#include "kernel_job/report.hpp"

#include <unistd.h>

#include "base/json.hpp"

namespace tmplbuild::job {

static void tell(const json::object& object) {
    const std::string line = json::canonical(object) + "\n";
    if (::write(1, line.data(), line.size()) < 0) return;  // nobody reads it any more
}

void tell_progress(const std::string& words, int percent, std::int64_t seconds_left) {
    tell({{"words", words}, {"percent", percent}, {"seconds_left", seconds_left}});
}

int tell_success(const std::string& directory, const std::string& digest) {
    tell({{"ok", true}, {"directory", directory}, {"digest", digest}});
    return 0;
}

int tell_failure(const std::string& reason, bool cannot_here) {
    tell({{"ok", false}, {"reason", reason}});
    return cannot_here ? 3 : 1;
}

int tell_retry(const std::string& reason, const std::string& retry_cause) {
    tell({{"ok", false}, {"reason", reason}, {"retry_cause", retry_cause}});
    return 1;
}

}  // namespace tmplbuild::job
