// SPDX-License-Identifier: Apache-2.0
// A stand-in for libcuda while a kernel is linked: only a driver has the real one, and no wheel of the toolkit has
// NVIDIA's own stub. It defines every name of the driver API that the toolkit's cuda.h knows, so that linkers that drop
// unneeded libraries keep it, and carries the soname that pods load. Used by the builder and the pod's kernel job.
// Never part of an image.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tmplbuild {

// Assembly for a shared object, from the text of cuda.h. Symbols sorted, each once.
std::string driver_stub_assembly(std::string_view cuda_header);
// The arguments of a compiler driver that makes `output` from that assembly.
std::vector<std::string> driver_stub_command(const std::string& assembly, const std::string& output);

}  // namespace tmplbuild
