/* SPDX-License-Identifier: Apache-2.0
 * A stand-in for libcuda.so.1, as far as asking for devices goes. Refuses what the driver refuses: calls before cuInit,
 * devices that are none, null pointers. Follows CUDA_VISIBLE_DEVICES and CUDA_DEVICE_ORDER as the driver does: numbers
 * and whole UUIDs, fastest (here: highest capability) first. */
#include "machine.h"

typedef int CUresult;
enum {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    NOT_INITIALIZED = 3,
    NO_DEVICE = 100,
    INVALID_DEVICE = 101,
    SYSTEM_DRIVER_MISMATCH = 803,
};
typedef struct {
    unsigned char bytes[16];
} CUuuid;

const char tmplbuild_simulated_driver[] = "libcuda.so.1";

static struct fake_gpu seen[most_gpus];
static int seen_count, started;

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

CUresult cuGetErrorName(CUresult code, const char** out) {
    if (out == NULL) return INVALID_VALUE;
    switch (code) {
        case SUCCESS: *out = "CUDA_SUCCESS"; return SUCCESS;
        case INVALID_VALUE: *out = "CUDA_ERROR_INVALID_VALUE"; return SUCCESS;
        case NOT_INITIALIZED: *out = "CUDA_ERROR_NOT_INITIALIZED"; return SUCCESS;
        case NO_DEVICE: *out = "CUDA_ERROR_NO_DEVICE"; return SUCCESS;
        case INVALID_DEVICE: *out = "CUDA_ERROR_INVALID_DEVICE"; return SUCCESS;
        case SYSTEM_DRIVER_MISMATCH: *out = "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"; return SUCCESS;
        default: *out = NULL; return INVALID_VALUE;
    }
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
#define NEEDS_DEVICE(out, device)             \
    if (!started) return NOT_INITIALIZED;     \
    if ((out) == NULL) return INVALID_VALUE;  \
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
