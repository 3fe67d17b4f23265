/* SPDX-License-Identifier: Apache-2.0
 * The machine that the fake driver pretends: its GPUs and faults, from the environment. Shared by the two libraries and
 * the fake nvidia-smi. Strict as the real ones are: what they refuse is refused here.
 *
 * TMPLBUILD_FAKE_GPUS    "NVIDIA GeForce RTX 3090=8.6=24;NVIDIA H100 PCIe=9.0=80=mig2": name, compute capability, GiB,
 *                        and migN: divided into N parts. Empty or not set: no GPU.
 * TMPLBUILD_FAKE_DRIVER  "580.95.05"      TMPLBUILD_FAKE_CUDA  "13000", as cuDriverGetVersion counts
 * TMPLBUILD_FAKE_LOAD    "37": percent of each GPU's time and memory that is in use; 0 where it is not set
 * TMPLBUILD_FAKE_FAULT   words with commas between: nvml-hangs, nvml-crashes, nvml-garbage, nvml-mismatch,
 *                        and the same with cuda- and smi-
 */
#ifndef TMPLBUILD_FAKE_MACHINE_H
#define TMPLBUILD_FAKE_MACHINE_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { most_gpus = 16, most_parts = 7 };

struct fake_gpu {
    char name[96];
    int major, minor, gib, parts, divided;
    int number; /* place on the bus */
};
struct fake_machine {
    struct fake_gpu gpus[most_gpus];
    int count;
};

static inline int fake_fault(const char* word) {
    const char* faults = getenv("TMPLBUILD_FAKE_FAULT");
    size_t length = strlen(word);
    while (faults != NULL && *faults != 0) {
        const char* comma = strchr(faults, ',');
        size_t size = comma != NULL ? (size_t)(comma - faults) : strlen(faults);
        if (size == length && memcmp(faults, word, size) == 0) return 1;
        faults = comma != NULL ? comma + 1 : NULL;
    }
    return 0;
}

/* "<part>-hangs" and "<part>-crashes" happen here and do not come back. */
static inline void fake_start_fault(const char* part) {
    char word[32];
    snprintf(word, sizeof word, "%s-hangs", part);
    while (fake_fault(word)) pause();
    snprintf(word, sizeof word, "%s-crashes", part);
    if (fake_fault(word)) raise(SIGSEGV);
}

static inline struct fake_machine fake_read_machine(void) {
    struct fake_machine machine;
    memset(&machine, 0, sizeof machine);
    const char* text = getenv("TMPLBUILD_FAKE_GPUS");
    while (text != NULL && *text != 0 && machine.count < most_gpus) {
        struct fake_gpu* gpu = &machine.gpus[machine.count];
        const char* end = strchr(text, ';');
        size_t size = end != NULL ? (size_t)(end - text) : strlen(text);
        char entry[160] = {0};
        if (size >= sizeof entry) size = sizeof entry - 1;
        memcpy(entry, text, size);
        if (sscanf(entry, "%95[^=]=%d.%d=%d=mig%d", gpu->name, &gpu->major, &gpu->minor, &gpu->gib, &gpu->parts) >= 3) {
            if (gpu->gib == 0) gpu->gib = 24;
            gpu->divided = strstr(entry, "=mig") != NULL;
            if (gpu->parts > most_parts) gpu->parts = most_parts;
            gpu->number = machine.count++;
        }
        text = end != NULL ? end + 1 : NULL;
    }
    return machine;
}

static inline const char* fake_driver_version(void) {
    const char* text = getenv("TMPLBUILD_FAKE_DRIVER");
    return text != NULL && *text != 0 ? text : "580.95.05";
}

static inline int fake_cuda_version(void) {
    const char* text = getenv("TMPLBUILD_FAKE_CUDA");
    return text != NULL && *text != 0 ? atoi(text) : 13000;
}

static inline unsigned fake_load(void) {
    const char* text = getenv("TMPLBUILD_FAKE_LOAD");
    int load = text != NULL ? atoi(text) : 0;
    return load < 0 ? 0U : load > 100 ? 100U : (unsigned)load;
}
static inline unsigned long long fake_used_bytes(const struct fake_gpu* gpu) {
    return ((unsigned long long)gpu->gib << 30) * fake_load() / 100;
}

/* Sixteen bytes that differ with the GPU and, for parts, with the part (1…). */
static inline void fake_uuid_bytes(int gpu, int part, unsigned char out[16]) {
    for (int i = 0; i < 16; ++i) out[i] = (unsigned char)(0x10 + 17 * i + 0x21 * gpu + 0x3b * part);
}
static inline void fake_uuid_text(int gpu, int part, char out[48]) {
    unsigned char b[16];
    fake_uuid_bytes(gpu, part, b);
    snprintf(out, 48, "%s-%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
             part > 0 ? "MIG" : "GPU", b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
             b[13], b[14], b[15]);
}

#endif
