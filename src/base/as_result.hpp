// SPDX-License-Identifier: Apache-2.0
// Runs the body of a thread and returns whatever it throws as an error, since an exception that leaves a thread ends
// the whole program without a message. Used where the builder starts threads. Never catches what ends the process by a
// signal.
#pragma once

#include <exception>
#include <utility>

#include "base/error.hpp"

namespace tmplbuild {

// `job` returns a Result.
template <class Job>
auto as_result(const Job& job) -> decltype(job()) {
    try {
        return job();
    } catch (const BuildError& error) {
        return error.errors().front();
    } catch (const std::exception& error) {
        return build_error(std::string("this should not have happened: ") + error.what(),
                           "it is a fault of tmplbuild itself; please report it with the template");
    }
}

}  // namespace tmplbuild
