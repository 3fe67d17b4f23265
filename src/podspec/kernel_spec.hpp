// SPDX-License-Identifier: Apache-2.0
// A kernel in pod.json: the variants that the image holds, and everything that a pod needs to compile a missing arch
// from this file, the image and a package index. Part of pod_spec.hpp; docs/pod-formats.md names every field. Plain
// values: never starts or fetches anything.
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

// What the recipe says of a module besides the GPUs that need it. Modules without such a rule are not listed.
struct KernelModule {
    std::string file;                   // relative to the variant's directory
    bool host_only = false;             // it holds no device code
    std::vector<std::string> may_lack;  // kernels that not every GPU needs code for
    bool operator==(const KernelModule&) const = default;
};

// A capability that the kernel's own code rejects, so that nothing is compiled for it.
struct KernelRefusal {
    std::string capability, reason;
    bool operator==(const KernelRefusal&) const = default;
};

// One arch of the recipe, whether or not the image has a variant for it.
struct KernelArch {
    std::string arch;                                // "90a"
    std::string key;                                 // of its variant, "sha256:…"; on a volume too
    std::string minimum_cuda;                        // of the toolkit; empty: any
    std::map<std::string, std::string> environment;  // of its compile, complete; values hold placeholders
    bool operator==(const KernelArch&) const = default;
};

struct KernelSource {
    std::string directory;             // in the image, patched and complete; empty: it is fetched
    std::string url, commit;           // of a git repository
    bool submodules = false;           // whether they are laid out with it
    std::vector<std::string> patches;  // files in the image, for `git apply -p1` in this order; none with `directory`
    bool operator==(const KernelSource&) const = default;
};

// The compile of one arch. `command` and `environment` may hold {arch} "8.9", {sm} "sm_89", {output} and {jobs}.
struct KernelBuild {
    std::string cuda;                      // "13.0"
    std::vector<PinnedFile> toolchain;     // unpacked into one folder they give the toolkit, below nvidia/cu13
    bool driver_stub = false;              // it links against libcuda, so the linker needs an empty stand-in
    std::vector<PinnedFile> requirements;  // wheels for the compile alone, on PYTHONPATH
    std::string nvcc_front;  // a program in the image that stands where nvcc is looked for: one arch alone
    std::string directory;   // where the source must lie, so that equal inputs give equal bytes
    std::vector<std::string> command;
    std::int64_t estimated_seconds = 0;  // for one arch on two cores
    std::int64_t memory_bytes = 0;       // its peak with {jobs} = 1
    std::int64_t timeout_seconds = 0;    // the compile is killed after them; 0: never
    bool operator==(const KernelBuild&) const = default;
};

// A venv whose .pth file puts /run/tmplbuild/kernels/<kernel>/active first on Python's path.
struct KernelVenv {
    std::string directory, site_packages;  // "/opt/venv", "/opt/venv/lib/python3.11/site-packages"
    bool operator==(const KernelVenv&) const = default;
};

// What the variants are bound to: no other Python and no other torch can load them.
struct KernelPython {
    std::vector<KernelVenv> venvs;  // all that see the kernel; each gets the metadata of the active variant
    std::string venv;               // the one whose torch it is compiled against; empty: it needs none
    std::string interpreter;        // of the compile: "/opt/venv/bin/python"; empty: the base has no Python
    std::string version, soabi;     // "3.11.2", "cpython-311-x86_64-linux-gnu"
    std::string torch;              // "2.11.0+cu130", as torch/version.py says; empty: it needs none
    std::string torch_git_version;  // 40 hex digits
    bool operator==(const KernelPython&) const = default;
};

// What `active` points to when no variant serves: another distribution of the same import name. Empty directory: none.
struct KernelFallback {
    std::string directory;  // /opt/tmplbuild/kernels/<kernel>/fallback-<digest>
    std::string distribution, version;
    std::vector<std::string> capabilities;  // the GPUs that it works on
    bool operator==(const KernelFallback&) const = default;
};

// The words in the file and in the variable: "background" (use, and compile beside the services), "true" (the same, and
// services wait for the compile), "prebuilt" (use what the image or the volume holds, compile nothing), "off". "false"
// is an older spelling of "off".
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
    std::vector<std::string> needs;  // what its use needs: "cc", "python-headers", …
    bool operator==(const Kernel&) const = default;
};

}  // namespace tmplbuild::pod
