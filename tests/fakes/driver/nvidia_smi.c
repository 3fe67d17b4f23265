/* SPDX-License-Identifier: Apache-2.0
 * A stand-in for nvidia-smi that knows one question: the probe's query. Anything else is refused, as a wrong field is. */
#include "machine.h"

int main(int argc, char** argv) {
    const char* query = "--query-gpu=index,name,uuid,compute_cap,memory.total,driver_version";
    if (argc != 3 || strcmp(argv[1], query) != 0 || strcmp(argv[2], "--format=csv,noheader,nounits") != 0) {
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
        char uuid[48];
        fake_uuid_text(i, 0, uuid);
        printf("%d, %s, %s, %d.%d, %d, %s\n", i, machine.gpus[i].name, uuid, machine.gpus[i].major,
               machine.gpus[i].minor, machine.gpus[i].gib * 1024, fake_driver_version());
    }
    return 0;
}
