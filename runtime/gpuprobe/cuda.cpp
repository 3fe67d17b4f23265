// SPDX-License-Identifier: Apache-2.0
// The driver API by its documented C interface (docs.nvidia.com/cuda/cuda-driver-api); the few declarations that are
// needed stand here, since the header belongs to the toolkit.
#include <array>

#include "gpuprobe/library.hpp"
#include "gpuprobe/sources.hpp"

namespace tmplbuild::gpu {

namespace {

struct Uuid {
    std::array<unsigned char, 16> bytes;
};
constexpr int cuda_success = 0, stub_library = 34, no_device = 100, driver_mismatch = 803;
constexpr int attribute_major = 75, attribute_minor = 76;  // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, _MINOR

std::string text_of(const Uuid& uuid) {
    std::string out = "GPU-";
    for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
        out += "0123456789abcdef"[uuid.bytes.at(i) >> 4];
        out += "0123456789abcdef"[uuid.bytes.at(i) & 15];
    }
    return out;
}

Answer& fail(Answer& out, const std::string& what, int code, const DriverLibrary& library) {
    const char* name = nullptr;
    auto* name_of = library.find<int(int, const char**)>("cuGetErrorName");
    if (name_of == nullptr || name_of(code, &name) != cuda_success || name == nullptr) name = "error";
    out.reason = what + ": " + name + " (" + std::to_string(code) + ")";
    if (code == driver_mismatch) out.reason += "; the host's driver was updated while it ran, and needs a restart";
    out.gpus.clear();
    return out;
}

}  // namespace

bool cuda_library_is_here(std::string& problem) {
    const DriverLibrary library("libcuda.so.1", "TMPLBUILD_LIBCUDA");
    problem = library.problem();
    return library.is_open();
}

Answer ask_cuda() {
    Answer out;
    out.source = "cuda";
    const DriverLibrary library("libcuda.so.1", "TMPLBUILD_LIBCUDA");
    if (!library.is_open()) {
        out.reason = library.describe_problem();
        return out;
    }
    out.simulated = library.simulated();
    out.state = ProbeState::failed;
    auto* init = library.find<int(unsigned)>("cuInit");
    auto* version = library.find<int(int*)>("cuDriverGetVersion");
    auto* count_of = library.find<int(int*)>("cuDeviceGetCount");
    auto* get = library.find<int(int*, int)>("cuDeviceGet");
    auto* name_of = library.find<int(char*, int, int)>("cuDeviceGetName");
    auto* attribute = library.find<int(int*, int, int)>("cuDeviceGetAttribute");
    auto* uuid_of = library.find<int(Uuid*, int)>("cuDeviceGetUuid");
    auto* memory_of = library.find<int(std::size_t*, int)>("cuDeviceTotalMem_v2");
    if (!init || !count_of || !get || !name_of || !attribute) {
        out.reason = "libcuda.so.1 lacks functions that every driver has";
        return out;
    }
    if (const int code = init(0); code != cuda_success) {
        if (code == no_device) out.state = ProbeState::no_gpu;
        if (code == stub_library) out.state = ProbeState::no_driver;
        return fail(out, "cuInit", code, library);
    }
    int number = 0, count = 0;
    if (version != nullptr && version(&number) == cuda_success && number > 0)
        out.driver_cuda = kernel::Version::from_cuda_number(number);
    if (const int code = count_of(&count); code != cuda_success) return fail(out, "cuDeviceGetCount", code, library);
    if (count < 0 || count > static_cast<int>(gpu_limit)) {
        out.state = ProbeState::garbage;
        out.reason = "the driver says that there are " + std::to_string(count) + " GPUs";
        return out;
    }
    for (int i = 0; i < count; ++i) {
        int device = 0;
        std::array<char, 128> name{};
        SeenGpu gpu;
        gpu.index = i;
        int code = get(&device, i);
        if (code == cuda_success) code = name_of(name.data(), static_cast<int>(name.size() - 1), device);
        if (code == cuda_success) code = attribute(&gpu.capability.major, attribute_major, device);
        if (code == cuda_success) code = attribute(&gpu.capability.minor, attribute_minor, device);
        if (code != cuda_success) return fail(out, "asking for GPU " + std::to_string(i), code, library);
        gpu.name = name.data();
        Uuid uuid{};
        if (uuid_of != nullptr && uuid_of(&uuid, device) == cuda_success) gpu.uuid = text_of(uuid);
        std::size_t memory = 0;
        if (memory_of != nullptr && memory_of(&memory, device) == cuda_success) gpu.memory = memory;
        out.gpus.push_back(std::move(gpu));
    }
    out.state = count == 0 ? ProbeState::no_gpu : ProbeState::ok;
    if (count == 0) out.reason = "the driver is here and shows no GPU";
    return out;
}

}  // namespace tmplbuild::gpu
