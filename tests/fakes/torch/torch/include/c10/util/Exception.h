// SPDX-License-Identifier: Apache-2.0
// The one macro that extensions use here; its symbol is libc10's.
#pragma once
void torch_check_failed_STANDIN_ABI(const char* words);
#define TORCH_CHECK(condition, words) ((condition) ? static_cast<void>(0) : torch_check_failed_STANDIN_ABI(words))
