// SPDX-License-Identifier: Apache-2.0
// A client's connection on its way from the server to a worker. Used by the server, which gives it up, and by
// handed_children, which starts the worker.
#pragma once

#include <string>

#include "sys/fd.hpp"

namespace tmplbuild::console {

struct HandedConnection {
    sys::Fd socket{};        // with O_NONBLOCK
    std::string received{};  // what came after the request's head and was read with it
};

}  // namespace tmplbuild::console
