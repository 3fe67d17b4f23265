// SPDX-License-Identifier: Apache-2.0
// The launcher's snapshot (schema/status.schema.json) as the value that it was written from. Used by the console's
// client of the control socket. A member that this console does not know is passed over; a text that no launcher writes
// is an error that names the member, never a guess.
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "status/snapshot.hpp"

namespace tmplbuild::console {

Result<status::Snapshot> read_snapshot(std::string_view line);

}  // namespace tmplbuild::console
