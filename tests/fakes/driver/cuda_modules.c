/* SPDX-License-Identifier: Apache-2.0
 * The part of the fake libcuda that loads modules: of what nvcc makes (a container of cubins and PTX, compressed or
 * not) it reads the headers, and says yes or no as the CUDA C++ Programming Guide has it ("Binary Compatibility", "PTX
 * Compatibility"). Written down a second time on purpose: src/kernel is compared with it. Runs nothing; a function of
 * any name is found. TMPLBUILD_FAKE_FAULT=cuda-loads-all: a driver that follows other rules, and says yes always. */
#include <stdint.h>

#include "cuda_device.h"

enum { container_magic = 0xba55ed50, kind_ptx = 1, kind_cubin = 2, flag_specific = 0x100000, flag_family = 0x200000 };
enum { attribute_ptx_version = 5, attribute_binary_version = 6 };

struct container {
    uint32_t magic;
    uint16_t version, header_size;
    uint64_t size;
};
struct entry { /* the first 48 of its 64 bytes or more */
    uint16_t kind, version;
    uint32_t header_size;
    uint64_t stored;
    uint32_t compressed, options;
    uint16_t isa_minor, isa_major;
    uint32_t arch, name_offset, name_size;
    uint64_t flags;
};
typedef struct module {
    int binary, ptx; /* the archs of what was taken */
} * CUmodule;
typedef struct module* CUfunction;
typedef struct context {
    const struct fake_gpu* gpu;
} * CUcontext;

static struct context contexts[most_gpus];
static CUcontext current;

static int is_context(const struct context* context) {
    return context >= contexts && context < contexts + most_gpus && context->gpu != NULL;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext* out, int device) {
    if (fake_cuda_gpu(0) == NULL) return NOT_INITIALIZED;
    if (out == NULL) return INVALID_VALUE;
    if (fake_cuda_gpu(device) == NULL) return INVALID_DEVICE;
    contexts[device].gpu = fake_cuda_gpu(device);
    *out = &contexts[device];
    return SUCCESS;
}
CUresult cuCtxSetCurrent(CUcontext context) {
    if (context != NULL && !is_context(context)) return INVALID_CONTEXT;
    current = context;
    return SUCCESS;
}

/* Machine code: the same major, no earlier minor; with 'a' exactly its own. No family in these reaches over a major. */
static int cubin_runs(const struct entry* entry, int major, int minor) {
    int own_major = (int)entry->arch / 10, own_minor = (int)entry->arch % 10;
    if (entry->flags & flag_specific) return own_major == major && own_minor == minor;
    return own_major == major && own_minor <= minor;
}
static int ptx_compiles(const struct entry* entry, int major, int minor) {
    if (entry->flags & (flag_specific | flag_family)) return cubin_runs(entry, major, minor);
    return (int)entry->arch <= major * 10 + minor;
}
/* CUDA 13.0 brought PTX 9.0, 12.x 8.x, 11.x 7.x. Within a major it is taken as known. */
static int driver_knows(const struct entry* entry) { return entry->isa_major <= fake_cuda_version() / 1000 - 4; }

static CUresult take_code(const unsigned char* at, uint64_t size, const struct fake_gpu* gpu, struct module* out) {
    const struct entry *best = NULL, *text = NULL;
    struct entry entry, kept[2];
    for (uint64_t offset = 0; offset + sizeof entry <= size; offset += entry.header_size + entry.stored) {
        memcpy(&entry, at + offset, sizeof entry);
        if (entry.header_size < 64 || entry.stored > size) return INVALID_IMAGE;
        int runs = entry.kind == kind_cubin && cubin_runs(&entry, gpu->major, gpu->minor);
        if (entry.kind == kind_cubin && fake_fault("cuda-loads-all")) runs = 1;
        if (runs && (best == NULL || best->arch < entry.arch)) best = memcpy(&kept[0], &entry, sizeof entry);
        if (entry.kind == kind_ptx && ptx_compiles(&entry, gpu->major, gpu->minor))
            text = memcpy(&kept[1], &entry, sizeof entry);
    }
    if (best == NULL && text == NULL) return NO_BINARY_FOR_GPU;
    const char* disabled = getenv("CUDA_DISABLE_PTX_JIT");
    if (best == NULL && disabled != NULL && strcmp(disabled, "1") == 0) return JIT_COMPILATION_DISABLED;
    if (best == NULL && !driver_knows(text)) return UNSUPPORTED_PTX_VERSION;
    out->binary = best != NULL ? (int)best->arch : gpu->major * 10 + gpu->minor;
    out->ptx = (int)(best != NULL ? best : text)->arch;
    return SUCCESS;
}

CUresult cuModuleLoadData(CUmodule* out, const void* image) {
    if (fake_cuda_gpu(0) == NULL) return NOT_INITIALIZED;
    if (current == NULL) return INVALID_CONTEXT;
    if (out == NULL || image == NULL) return INVALID_VALUE;
    struct container head;
    memcpy(&head, image, sizeof head);
    if (head.magic != container_magic || head.header_size != sizeof head) return INVALID_IMAGE;
    struct module found;
    CUresult code = take_code((const unsigned char*)image + sizeof head, head.size, current->gpu, &found);
    if (code != SUCCESS) return code;
    *out = malloc(sizeof **out);
    if (*out == NULL) return INVALID_VALUE;
    **out = found;
    return SUCCESS;
}
CUresult cuModuleGetFunction(CUfunction* out, CUmodule module, const char* name) {
    if (module == NULL) return INVALID_HANDLE;
    if (out == NULL || name == NULL || *name == 0) return INVALID_VALUE;
    *out = module;
    return SUCCESS;
}
CUresult cuFuncGetAttribute(int* out, int attribute, CUfunction function) {
    if (function == NULL) return INVALID_HANDLE;
    if (out == NULL || (attribute != attribute_ptx_version && attribute != attribute_binary_version))
        return INVALID_VALUE;
    *out = attribute == attribute_binary_version ? function->binary : function->ptx;
    return SUCCESS;
}
CUresult cuModuleUnload(CUmodule module) {
    if (module == NULL) return INVALID_HANDLE;
    free(module);
    return SUCCESS;
}
