// SPDX-License-Identifier: Apache-2.0
#include <cuda.h>

#include "module.hpp"
MAKE_MODULE(_qattn_sm90)

// A symbol of the driver's, which only a machine with a GPU has.
extern "C" int fake_driver_version(int* version) { return cuDriverGetVersion(version); }
