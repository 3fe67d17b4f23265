// SPDX-License-Identifier: Apache-2.0
// A last answer on a connection that nobody serves any more. Used where a worker did not answer. Never waits.
#pragma once

#include <boost/asio/io_context.hpp>

#include "console/web/answer.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::console {

// Sends the answer, takes for a moment what the client still sends (RFC 9112, section 9.6), and ends the connection,
// also where another process still has it.
// `to_head`: it was asked for the headers alone.
void say_farewell(boost::asio::io_context& context, sys::Fd connection, const Answer& answer, bool to_head);

}  // namespace tmplbuild::console
