// SPDX-License-Identifier: Apache-2.0
// NVML by its documented C interface (docs.nvidia.com/deploy/nvml-api); the few declarations that are needed stand
// here, since the header belongs to the toolkit.
#include <array>
#include <cstdlib>

#include "gpuprobe/library.hpp"
#include "gpuprobe/sources.hpp"

namespace tmplbuild::gpu {

namespace {

using Device = struct nvmlDevice_st*;
struct Memory {
    unsigned long long total, free, used;
};
struct Utilization {
    unsigned gpu, memory;  // percent of the time since the driver's last sample
};
constexpr int nvml_success = 0, driver_not_loaded = 9, version_mismatch = 18;

class Nvml {
  public:
    Nvml() : library_("libnvidia-ml.so.1", "TMPLBUILD_LIBNVML") {}

    Answer ask() {
        Answer out;
        const unsigned count = start(out);
        if (out.state != ProbeState::ok) return out;
        read_versions(out);
        for (unsigned i = 0; i < count; ++i)
            if (!read_gpu(i, out)) return out;
        return out;
    }

    Usage ask_usage() {
        Answer start_of;
        const unsigned count = start(start_of);
        Usage out{.state = start_of.state, .reason = start_of.reason, .source = start_of.source, .gpus = {}};
        if (out.state != ProbeState::ok) return out;
        for (unsigned i = 0; i < count; ++i) out.gpus.push_back(usage_of(i));
        return out;
    }

  private:
    // Loads and starts NVML, and says in `out` how that went: `ok` with the number of GPUs, which is not 0.
    unsigned start(Answer& out) {
        out.source = "nvml";
        if (!library_.is_open()) {
            out.reason = library_.describe_problem();
            return 0;
        }
        out.simulated = library_.simulated();
        out.state = ProbeState::failed;
        if (!take_functions(out)) return 0;
        if (const int code = init_(); code != nvml_success) {
            if (code == driver_not_loaded) out.state = ProbeState::no_driver;
            fail(out, "NVML cannot start", code);
            return 0;
        }
        unsigned count = 0;
        if (const int code = count_(&count); code != nvml_success) {
            fail(out, "NVML cannot count the GPUs", code);
            return 0;
        }
        if (count > gpu_limit) {
            out.state = ProbeState::garbage;
            out.reason = "NVML says that there are " + std::to_string(count) + " GPUs";
            return 0;
        }
        out.state = count == 0 ? ProbeState::no_gpu : ProbeState::ok;
        if (count == 0) out.reason = "the driver is here and shows no GPU";
        return count;
    }
    // What a driver does not say of a GPU stays unknown: a divided one has no load as a whole.
    GpuUsage usage_of(unsigned index) const {
        GpuUsage out;
        out.index = static_cast<int>(index);
        Device device = nullptr;
        if (handle_(index, &device) != nvml_success) return out;
        std::array<char, 128> name{};
        if (name_(device, name.data(), static_cast<unsigned>(name.size() - 1)) == nvml_success) out.name = name.data();
        Memory memory{};
        auto* ask_memory = library_.find<int(Device, Memory*)>("nvmlDeviceGetMemoryInfo");
        if (ask_memory != nullptr && ask_memory(device, &memory) == nvml_success) out.memory_used = memory.used;
        Utilization load{};
        auto* ask_load = library_.find<int(Device, Utilization*)>("nvmlDeviceGetUtilizationRates");
        if (ask_load != nullptr && ask_load(device, &load) == nvml_success && load.gpu <= 100)
            out.load_percent = static_cast<int>(load.gpu);
        return out;
    }
    bool take_functions(Answer& out) {
        init_ = library_.find<int()>("nvmlInit_v2");
        count_ = library_.find<int(unsigned*)>("nvmlDeviceGetCount_v2");
        handle_ = library_.find<int(unsigned, Device*)>("nvmlDeviceGetHandleByIndex_v2");
        name_ = library_.find<int(Device, char*, unsigned)>("nvmlDeviceGetName");
        capability_ = library_.find<int(Device, int*, int*)>("nvmlDeviceGetCudaComputeCapability");
        words_ = library_.find<const char*(int)>("nvmlErrorString");
        const bool all = init_ && count_ && handle_ && name_ && capability_;
        if (!all) out.reason = "libnvidia-ml.so.1 lacks functions that every driver since 2014 has";
        return all;
    }
    Answer fail(Answer& out, const std::string& what, int code) const {
        const char* words = words_ == nullptr ? nullptr : words_(code);
        out.reason = what + ": " + (words == nullptr ? "error" : words) + " (" + std::to_string(code) + ")";
        if (code == version_mismatch) out.reason += "; the host's driver was updated while it ran, and needs a restart";
        out.gpus.clear();
        return out;
    }
    // The GPUs can be listed even where a driver does not tell its versions.
    void read_versions(Answer& out) const {
        std::array<char, 96> text{};
        auto* driver = library_.find<int(char*, unsigned)>("nvmlSystemGetDriverVersion");
        if (driver != nullptr && driver(text.data(), static_cast<unsigned>(text.size() - 1)) == nvml_success)
            if (auto version = kernel::Version::parse(text.data())) out.driver = *version;
        int number = 0;
        auto* cuda = library_.find<int(int*)>("nvmlSystemGetCudaDriverVersion_v2");
        if (cuda != nullptr && cuda(&number) == nvml_success && number > 0)
            out.driver_cuda = kernel::Version::from_cuda_number(number);
    }
    bool read_gpu(unsigned index, Answer& out) const {
        Device device = nullptr;
        std::array<char, 128> name{};
        SeenGpu gpu;
        gpu.index = static_cast<int>(index);
        const std::string which = "GPU " + std::to_string(index);
        int code = handle_(index, &device);
        if (code == nvml_success) code = name_(device, name.data(), static_cast<unsigned>(name.size() - 1));
        if (code == nvml_success) code = capability_(device, &gpu.capability.major, &gpu.capability.minor);
        if (code != nvml_success) {
            fail(out, "NVML cannot say what " + which + " is", code);
            return false;
        }
        gpu.name = name.data();
        gpu.uuid = uuid_of(device);
        Memory memory{};
        auto* ask_memory = library_.find<int(Device, Memory*)>("nvmlDeviceGetMemoryInfo");
        if (ask_memory != nullptr && ask_memory(device, &memory) == nvml_success) gpu.memory = memory.total;
        read_parts(device, gpu);
        out.gpus.push_back(std::move(gpu));
        return true;
    }
    std::string uuid_of(Device device) const {
        std::array<char, 96> text{};
        auto* ask = library_.find<int(Device, char*, unsigned)>("nvmlDeviceGetUUID");
        const bool ok =
            ask != nullptr && ask(device, text.data(), static_cast<unsigned>(text.size() - 1)) == nvml_success;
        return ok ? text.data() : "";
    }
    // MIG: NVML lists the whole GPU, and programs see its parts.
    void read_parts(Device device, SeenGpu& gpu) const {
        unsigned current = 0, pending = 0, most = 0;
        auto* mode = library_.find<int(Device, unsigned*, unsigned*)>("nvmlDeviceGetMigMode");
        auto* limit = library_.find<int(Device, unsigned*)>("nvmlDeviceGetMaxMigDeviceCount");
        auto* part = library_.find<int(Device, unsigned, Device*)>("nvmlDeviceGetMigDeviceHandleByIndex");
        if (mode == nullptr || limit == nullptr || part == nullptr) return;
        if (mode(device, &current, &pending) != nvml_success || current == 0) return;
        gpu.mig = true;
        if (limit(device, &most) != nvml_success) return;
        for (unsigned i = 0; i < most && i < gpu_limit; ++i) {
            Device handle = nullptr;
            if (part(device, i, &handle) != nvml_success) continue;  // there is no MIG device at this index
            if (const std::string uuid = uuid_of(handle); !uuid.empty()) gpu.parts.push_back(uuid);
        }
    }

    DriverLibrary library_;
    int (*init_)() = nullptr;
    int (*count_)(unsigned*) = nullptr;
    int (*handle_)(unsigned, Device*) = nullptr;
    int (*name_)(Device, char*, unsigned) = nullptr;
    int (*capability_)(Device, int*, int*) = nullptr;
    const char* (*words_)(int) = nullptr;
};

}  // namespace

Answer ask_nvml() { return Nvml().ask(); }
Usage ask_nvml_usage() { return Nvml().ask_usage(); }

}  // namespace tmplbuild::gpu
