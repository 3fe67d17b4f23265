// SPDX-License-Identifier: Apache-2.0
#include "module.hpp"
MAKE_MODULE(_fused)
