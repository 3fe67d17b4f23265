// SPDX-License-Identifier: Apache-2.0
// A kernel in pod.json: the variants that the image holds, and everything that a pod needs to compile an arch that the
// image lacks with nothing but this file, the image and a package index. Part of pod_spec.hpp; docs/pod-formats.md
// names every field. Plain values: never starts or fetches anything.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tmplbuild::pod {

// A wheel, which the machine's own index finds by project and file name. Never an address.
struct PinnedFile {
    std::string project, version, file;
    std::string sha256;  // 64 hex digits
    bool operator==(const PinnedFile&) const = default;
};

struct KernelVariant {
    std::string arch;       // as nvcc names it, without the prefix: "89", "90a", "120"
    std::string directory;  // /opt/tmplbuild/kernels/<kernel>/<variant key>
    std::string key;        // the variant's cache key, "sha256:…"
    std::string table;      // the kernel's proven table as canonical JSON text: which module serves which GPU
    bool operator==(const KernelVariant&) const = default;
};

// A capability that the kernel serves.
struct KernelCapability {
    std::string capability;            // "8.6"
    std::string arch;                  // what it is built as: "80"
    std::vector<std::string> modules;  // files that such a GPU needs, relative to the variant's directory
    bool operator==(const KernelCapability&) const = default;
};

// What the recipe says of a module beside the GPUs that need it; only modules of which it says something are named.
struct KernelModule {
    std::string file;                   // relative to the variant's directory
    bool host_only = false;             // it holds no device code
    std::vector<std::string> may_lack;  // kernels that not every GPU needs code for
    bool operator==(const KernelModule&) const = default;
};

// A capability that the kernel's own code turns away: nothing is compiled for it.
struct KernelRefusal {
    std::string capability, reason;
    bool operator==(const KernelRefusal&) const = default;
};

// One arch of the recipe, in the image or not.
struct KernelArch {
    std::string arch;                                // "90a"
    std::string key;                                 // what its variant is keyed by, "sha256:…": also on a volume
    std::string minimum_cuda;                        // of the toolkit; empty: any
    std::map<std::string, std::string> environment;  // of its compile, complete; values hold the placeholders
    bool operator==(const KernelArch&) const = default;
};

struct KernelSource {
    std::string directory;             // in the image, patched and complete; empty: it is fetched
    std::string url, commit;           // of a git repository
    bool submodules = false;           // laid out with it
    std::vector<std::string> patches;  // files in the image, for `git apply -p1` in this order; none with `directory`
    bool operator==(const KernelSource&) const = default;
};

// The compile of one arch. `command` and environments hold {arch} "8.9", {sm} "sm_89", {output} and {jobs}.
struct KernelBuild {
    std::string cuda;                      // "13.0"
    std::vector<PinnedFile> toolchain;     // unpacked over each other they are the toolkit, below nvidia/cu13
    bool driver_stub = false;              // it links against libcuda: an empty stand-in is needed while linking
    std::vector<PinnedFile> requirements;  // wheels that only the compile sees, on PYTHONPATH
    std::string nvcc_front;  // a program in the image that stands where nvcc is looked for: one arch alone
    std::string directory;   // where the source must lie, so that equal inputs give equal bytes
    std::vector<std::string> command;
    std::int64_t estimated_seconds = 0;  // for one arch on two cores
    std::int64_t memory_bytes = 0;       // of its largest moment, with {jobs} = 1
    std::int64_t timeout_seconds = 0;    // after which it is killed; 0: never
    bool operator==(const KernelBuild&) const = default;
};

// A venv whose .pth file puts /run/tmplbuild/kernels/<kernel>/active first on Python's path.
struct KernelVenv {
    std::string directory, site_packages;  // "/opt/venv", "/opt/venv/lib/python3.11/site-packages"
    bool operator==(const KernelVenv&) const = default;
};

// What the variants are bound to: another Python, or another torch, cannot load them.
struct KernelPython {
    std::vector<KernelVenv> venvs;  // all that see the kernel; metadata of an active variant goes into each
    std::string venv;               // the one whose torch it is compiled against; empty: it needs none
    std::string interpreter;        // of the compile: "/opt/venv/bin/python"; empty: the base has no Python
    std::string version, soabi;     // "3.11.2", "cpython-311-x86_64-linux-gnu"
    std::string torch;              // "2.11.0+cu130", as torch/version.py says; empty: it needs none
    std::string torch_git_version;  // 40 hex digits
    bool operator==(const KernelPython&) const = default;
};

// What `active` names where no variant serves: another distribution of the same import name. Empty directory: none.
struct KernelFallback {
    std::string directory;  // /opt/tmplbuild/kernels/<kernel>/fallback-<digest>
    std::string distribution, version;
    std::vector<std::string> capabilities;  // the GPUs that it works on
    bool operator==(const KernelFallback&) const = default;
};

// In the file and the variable "background" (use, and compile beside the services), "true" (the same, and services wait
// for the compile), "prebuilt" (use what the image or the volume holds, compile nothing), "off". "false" is an older
// spelling of "off".
enum class InstallMode { background, required, prebuilt, off };

struct Kernel {
    std::string name;
    std::string env_var;  // INSTALL_SAGEATTENTION: overrides `install` on the pod
    InstallMode install = InstallMode::background;
    std::string distribution, version;  // what pip sees while a variant is active
    std::vector<KernelVariant> variants;
    std::vector<KernelCapability> capabilities;
    std::vector<KernelModule> modules;
    std::vector<KernelRefusal> refused;
    std::vector<KernelArch> archs;
    KernelPython python;
    KernelSource source;
    KernelBuild build;
    KernelFallback fallback;
    std::string selftest;            // a Python script in the image; empty: none
    std::vector<std::string> needs;  // of its use: "cc", "python-headers", …
    bool operator==(const Kernel&) const = default;
};

}  // namespace tmplbuild::pod
