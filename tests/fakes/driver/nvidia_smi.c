/* SPDX-License-Identifier: Apache-2.0
 * A stand-in for nvidia-smi that knows four questions: the probe's two queries (what the GPUs are, what they use),
 * which GPUs are divided (MIG), and the list of them with their parts. Anything else is refused, as a wrong field is.
 */
#include "machine.h"

static const char* query = "--query-gpu=index,name,uuid,compute_cap,memory.total,driver_version";
static const char* usage_query = "--query-gpu=index,name,memory.used,utilization.gpu";

static void print_usage(const struct fake_gpu* gpu) {
    printf("%d, %s, %llu, ", gpu->number, gpu->name, fake_used_bytes(gpu) >> 20);
    if (gpu->divided)
        puts("[N/A]");
    else
        printf("%u\n", fake_load());
}
static void print_gpu(const struct fake_gpu* gpu) {
    char uuid[48];
    fake_uuid_text(gpu->number, 0, uuid);
    printf("%d, %s, %s, %d.%d, %d, %s\n", gpu->number, gpu->name, uuid, gpu->major, gpu->minor, gpu->gib * 1024,
           fake_driver_version());
}
static void list_gpu(const struct fake_gpu* gpu) {
    char uuid[48];
    fake_uuid_text(gpu->number, 0, uuid);
    printf("GPU %d: %s (UUID: %s)\n", gpu->number, gpu->name, uuid);
    for (int part = 1; part <= gpu->parts; ++part) {
        fake_uuid_text(gpu->number, part, uuid);
        printf("  MIG 1g.10gb     Device  %d: (UUID: %s)\n", part - 1, uuid);
    }
}

int main(int argc, char** argv) {
    int list = argc == 2 && strcmp(argv[1], "-L") == 0;
    int table = argc == 3 && strcmp(argv[2], "--format=csv,noheader,nounits") == 0;
    int mig = table && strcmp(argv[1], "--query-gpu=mig.mode.current") == 0;
    int usage = table && strcmp(argv[1], usage_query) == 0;
    if (!list && !mig && !usage && (!table || strcmp(argv[1], query) != 0)) {
        puts("Field is not a valid field to query.");
        return 2;
    }
    fake_start_fault("smi");
    if (fake_fault("smi-mismatch")) {
        puts("Failed to initialize NVML: Driver/library version mismatch");
        return 18;
    }
    if (fake_fault("smi-garbage")) {
        puts("\033[31mFan: off\033[0m");
        return 0;
    }
    struct fake_machine machine = fake_read_machine();
    if (machine.count == 0) puts("No devices were found");
    for (int i = 0; i < machine.count; ++i) {
        const struct fake_gpu* gpu = &machine.gpus[i];
        if (mig) /* only data-centre GPUs have the mode at all */
            puts(gpu->divided ? "Enabled" : "[N/A]");
        else if (list)
            list_gpu(gpu);
        else if (usage)
            print_usage(gpu);
        else
            print_gpu(gpu);
    }
    return 0;
}
