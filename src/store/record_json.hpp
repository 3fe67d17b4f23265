// SPDX-License-Identifier: Apache-2.0
// A record as JSON: what the store keeps in a file, and what a shared cache keeps in a registry. Never looks for the
// blobs that a record names. The origin and the signers are the file's alone: a cache says nothing of them.
#pragma once

#include "store/store.hpp"

namespace tmplbuild {

json::object record_json(const Record& record);
// An error where the object is not a record.
Result<Record> parse_record(const json::object& o);

}  // namespace tmplbuild
