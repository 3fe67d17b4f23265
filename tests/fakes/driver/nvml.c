/* SPDX-License-Identifier: Apache-2.0
 * A stand-in for libnvidia-ml.so.1. Refuses what NVML refuses: calls before nvmlInit, handles that it did not give out,
 * indices out of range, buffers that are too small, null pointers. */
#include "machine.h"

typedef int nvmlReturn_t;
enum {
    SUCCESS = 0,
    UNINITIALIZED = 1,
    INVALID_ARGUMENT = 2,
    NOT_SUPPORTED = 3,
    NOT_FOUND = 6,
    INSUFFICIENT_SIZE = 7,
    LIB_RM_VERSION_MISMATCH = 18,
};
struct handle {
    int gpu, part; /* part 0: the GPU itself */
};
typedef struct handle* nvmlDevice_t;
typedef struct {
    unsigned long long total, free, used;
} nvmlMemory_t;
typedef struct {
    unsigned gpu, memory;
} nvmlUtilization_t;

const char tmplbuild_simulated_driver[] = "libnvidia-ml.so.1";

static struct fake_machine machine;
static struct handle handles[most_gpus][most_parts + 1];
static int started;

static int is_handle(nvmlDevice_t device) {
    for (int gpu = 0; gpu < machine.count; ++gpu)
        for (int part = 0; part <= machine.gpus[gpu].parts; ++part)
            if (device == &handles[gpu][part]) return 1;
    return 0;
}
#define NEEDS_START \
    if (!started) return UNINITIALIZED
#define NEEDS_GPU(device) \
    NEEDS_START;          \
    if (!is_handle(device)) return INVALID_ARGUMENT

static nvmlReturn_t give_text(const char* text, char* out, unsigned size) {
    if (out == NULL) return INVALID_ARGUMENT;
    if (strlen(text) + 1 > size) return INSUFFICIENT_SIZE;
    strcpy(out, text);
    return SUCCESS;
}

nvmlReturn_t nvmlInit_v2(void) {
    fake_start_fault("nvml");
    if (fake_fault("nvml-mismatch")) return LIB_RM_VERSION_MISMATCH;
    machine = fake_read_machine();
    for (int gpu = 0; gpu < most_gpus; ++gpu)
        for (int part = 0; part <= most_parts; ++part) handles[gpu][part] = (struct handle){gpu, part};
    ++started;
    return SUCCESS;
}
nvmlReturn_t nvmlShutdown(void) {
    NEEDS_START;
    --started;
    return SUCCESS;
}
const char* nvmlErrorString(nvmlReturn_t code) {
    switch (code) {
        case SUCCESS:
            return "Success";
        case UNINITIALIZED:
            return "Uninitialized";
        case INVALID_ARGUMENT:
            return "Invalid Argument";
        case NOT_SUPPORTED:
            return "Not Supported";
        case NOT_FOUND:
            return "Not Found";
        case INSUFFICIENT_SIZE:
            return "Insufficient Size";
        case LIB_RM_VERSION_MISMATCH:
            return "Driver/library version mismatch";
        default:
            return "Unknown Error";
    }
}
nvmlReturn_t nvmlSystemGetDriverVersion(char* out, unsigned size) {
    NEEDS_START;
    return give_text(fake_driver_version(), out, size);
}
nvmlReturn_t nvmlSystemGetCudaDriverVersion_v2(int* out) {
    NEEDS_START;
    if (out == NULL) return INVALID_ARGUMENT;
    *out = fake_cuda_version();
    return SUCCESS;
}
nvmlReturn_t nvmlDeviceGetCount_v2(unsigned* out) {
    NEEDS_START;
    if (out == NULL) return INVALID_ARGUMENT;
    *out = fake_fault("nvml-garbage") ? 4000000000U : (unsigned)machine.count;
    return SUCCESS;
}
nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned index, nvmlDevice_t* out) {
    NEEDS_START;
    if (out == NULL || index >= (unsigned)machine.count) return INVALID_ARGUMENT;
    *out = &handles[index][0];
    return SUCCESS;
}
nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char* out, unsigned size) {
    NEEDS_GPU(device);
    return give_text(machine.gpus[device->gpu].name, out, size);
}
nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char* out, unsigned size) {
    char text[48];
    NEEDS_GPU(device);
    fake_uuid_text(device->gpu, device->part, text);
    return give_text(text, out, size);
}
nvmlReturn_t nvmlDeviceGetCudaComputeCapability(nvmlDevice_t device, int* major, int* minor) {
    NEEDS_GPU(device);
    if (major == NULL || minor == NULL) return INVALID_ARGUMENT;
    *major = machine.gpus[device->gpu].major;
    *minor = machine.gpus[device->gpu].minor;
    return SUCCESS;
}
nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t* out) {
    NEEDS_GPU(device);
    if (out == NULL) return INVALID_ARGUMENT;
    out->total = (unsigned long long)machine.gpus[device->gpu].gib << 30;
    out->used = fake_used_bytes(&machine.gpus[device->gpu]);
    out->free = out->total - out->used;
    return SUCCESS;
}
nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t* out) {
    NEEDS_GPU(device);
    if (out == NULL) return INVALID_ARGUMENT;
    /* A divided GPU and its parts have no load. */
    if (machine.gpus[device->gpu].divided) return NOT_SUPPORTED;
    out->gpu = fake_load();
    out->memory = 0;
    return SUCCESS;
}
nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned* current, unsigned* pending) {
    NEEDS_GPU(device);
    if (current == NULL || pending == NULL) return INVALID_ARGUMENT;
    /* Only data-centre GPUs have the mode at all. */
    if (!machine.gpus[device->gpu].divided) return NOT_SUPPORTED;
    *current = *pending = 1;
    return SUCCESS;
}
nvmlReturn_t nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t device, unsigned* out) {
    NEEDS_GPU(device);
    if (out == NULL) return INVALID_ARGUMENT;
    *out = machine.gpus[device->gpu].divided ? most_parts : 0;
    return SUCCESS;
}
nvmlReturn_t nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t device, unsigned index, nvmlDevice_t* out) {
    NEEDS_GPU(device);
    if (out == NULL) return INVALID_ARGUMENT;
    if (index >= (unsigned)machine.gpus[device->gpu].parts) return NOT_FOUND;
    *out = &handles[device->gpu][index + 1];
    return SUCCESS;
}
