/* SPDX-License-Identifier: Apache-2.0
 * A stand-in for libcuda.so.1, as far as asking for devices goes; cuda_modules.c has the rest. Refuses what the driver
 * refuses: calls before cuInit, devices that are none, null pointers. Follows CUDA_VISIBLE_DEVICES and
 * CUDA_DEVICE_ORDER as the driver does: numbers and whole UUIDs, fastest (here: highest capability) first. */
#include "cuda_device.h"

typedef struct {
    unsigned char bytes[16];
} CUuuid;

const char tmplbuild_simulated_driver[] = "libcuda.so.1";

static struct fake_gpu seen[most_gpus];
static int seen_count, started;

const struct fake_gpu* fake_cuda_gpu(int device) {
    return started && device >= 0 && device < seen_count ? &seen[device] : NULL;
}

static void order(struct fake_machine* machine) {
    const char* wanted = getenv("CUDA_DEVICE_ORDER");
    if (wanted != NULL && strcmp(wanted, "PCI_BUS_ID") == 0) return;
    for (int i = 1; i < machine->count; ++i)
        for (int j = i; j > 0; --j) {
            struct fake_gpu *a = &machine->gpus[j - 1], *b = &machine->gpus[j], copy = *a;
            if (a->major * 10 + a->minor >= b->major * 10 + b->minor) break;
            *a = *b;
            *b = copy;
        }
}

static void choose(const struct fake_machine* machine) {
    const char* text = getenv("CUDA_VISIBLE_DEVICES");
    seen_count = 0;
    if (text == NULL) {
        for (int i = 0; i < machine->count; ++i) seen[seen_count++] = machine->gpus[i];
        return;
    }
    while (*text != 0) {
        const char* comma = strchr(text, ',');
        size_t size = comma != NULL ? (size_t)(comma - text) : strlen(text);
        int found = -1;
        char* end = NULL;
        long number = strtol(text, &end, 10);
        if (end == text + size && size > 0 && number >= 0 && number < machine->count) found = (int)number;
        for (int i = 0; i < machine->count; ++i) {
            char uuid[48];
            fake_uuid_text(machine->gpus[i].number, 0, uuid);
            if (strlen(uuid) == size && memcmp(uuid, text, size) == 0) found = i;
        }
        if (found < 0 || seen_count == most_gpus) return;
        seen[seen_count++] = machine->gpus[found];
        if (comma == NULL) return;
        text = comma + 1;
    }
}

static const struct {
    CUresult code;
    const char* name;
} code_names[] = {{SUCCESS, "CUDA_SUCCESS"},
                  {INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE"},
                  {NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED"},
                  {NO_DEVICE, "CUDA_ERROR_NO_DEVICE"},
                  {INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE"},
                  {INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE"},
                  {INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT"},
                  {NO_BINARY_FOR_GPU, "CUDA_ERROR_NO_BINARY_FOR_GPU"},
                  {UNSUPPORTED_PTX_VERSION, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"},
                  {JIT_COMPILATION_DISABLED, "CUDA_ERROR_JIT_COMPILATION_DISABLED"},
                  {INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE"},
                  {SYSTEM_DRIVER_MISMATCH, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"}};

CUresult cuGetErrorName(CUresult code, const char** out) {
    if (out == NULL) return INVALID_VALUE;
    *out = NULL;
    for (size_t i = 0; i < sizeof code_names / sizeof code_names[0]; ++i)
        if (code_names[i].code == code) *out = code_names[i].name;
    return *out != NULL ? SUCCESS : INVALID_VALUE;
}
CUresult cuInit(unsigned flags) {
    fake_start_fault("cuda");
    if (flags != 0) return INVALID_VALUE;
    if (fake_fault("cuda-mismatch")) return SYSTEM_DRIVER_MISMATCH;
    struct fake_machine machine = fake_read_machine();
    order(&machine);
    choose(&machine);
    if (seen_count == 0) return NO_DEVICE;
    started = 1;
    return SUCCESS;
}
CUresult cuDriverGetVersion(int* out) {
    if (out == NULL) return INVALID_VALUE;
    *out = fake_cuda_version();
    return SUCCESS;
}
CUresult cuDeviceGetCount(int* out) {
    if (!started) return NOT_INITIALIZED;
    if (out == NULL) return INVALID_VALUE;
    *out = fake_fault("cuda-garbage") ? -7 : seen_count;
    return SUCCESS;
}
CUresult cuDeviceGet(int* out, int index) {
    if (!started) return NOT_INITIALIZED;
    if (out == NULL) return INVALID_VALUE;
    if (index < 0 || index >= seen_count) return INVALID_DEVICE;
    *out = index;
    return SUCCESS;
}
#define NEEDS_DEVICE(out, device)            \
    if (!started) return NOT_INITIALIZED;    \
    if ((out) == NULL) return INVALID_VALUE; \
    if ((device) < 0 || (device) >= seen_count) return INVALID_DEVICE

CUresult cuDeviceGetName(char* out, int size, int device) {
    NEEDS_DEVICE(out, device);
    if (size <= 0) return INVALID_VALUE;
    snprintf(out, (size_t)size, "%s", seen[device].name);
    return SUCCESS;
}
CUresult cuDeviceGetAttribute(int* out, int attribute, int device) {
    NEEDS_DEVICE(out, device);
    if (attribute != 75 && attribute != 76) return INVALID_VALUE;
    *out = attribute == 75 ? seen[device].major : seen[device].minor;
    return SUCCESS;
}
CUresult cuDeviceGetUuid(CUuuid* out, int device) {
    NEEDS_DEVICE(out, device);
    fake_uuid_bytes(seen[device].number, 0, out->bytes);
    return SUCCESS;
}
CUresult cuDeviceTotalMem_v2(size_t* out, int device) {
    NEEDS_DEVICE(out, device);
    *out = (size_t)seen[device].gib << 30;
    return SUCCESS;
}
