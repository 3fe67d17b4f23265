// SPDX-License-Identifier: Apache-2.0
#include "podspec/members.hpp"
#include "podspec/names.hpp"

namespace tmplbuild::pod {

namespace {

json::object write(const PinnedFile& file) {
    WriteMembers out;
    out.text("project", file.project);
    out.text("version", file.version);
    out.text("file", file.file);
    out.text("sha256", file.sha256);
    return out.take();
}

json::object write(const KernelVariant& variant) {
    WriteMembers out;
    out.text("arch", variant.arch);
    out.text("directory", variant.directory);
    out.text("key", variant.key);
    out.text("table", variant.table);
    return out.take();
}

json::object write(const KernelCapability& capability) {
    WriteMembers out;
    out.text("capability", capability.capability);
    out.text("arch", capability.arch);
    out.list("modules", capability.modules);
    return out.take();
}

json::object write(const KernelModule& module) {
    WriteMembers out;
    out.text("file", module.file);
    out.flag("host_only", module.host_only);
    out.list("may_lack", module.may_lack);
    return out.take();
}

json::object write(const KernelRefusal& refusal) {
    WriteMembers out;
    out.text("capability", refusal.capability);
    out.text("reason", refusal.reason);
    return out.take();
}

json::object write(const KernelArch& arch) {
    WriteMembers out;
    out.text("arch", arch.arch);
    out.text("key", arch.key);
    out.text("minimum_cuda", arch.minimum_cuda);
    out.texts("environment", arch.environment);
    return out.take();
}

json::object write(const KernelVenv& venv) {
    WriteMembers out;
    out.text("directory", venv.directory);
    out.text("site_packages", venv.site_packages);
    return out.take();
}

template <class Item>
json::array write(const std::vector<Item>& items) {
    json::array out;
    for (const Item& item : items) out.push_back(write(item));
    return out;
}

json::object write(const KernelSource& source) {
    WriteMembers out;
    out.text("directory", source.directory);
    out.text("url", source.url);
    out.text("commit", source.commit);
    out.flag("submodules", source.submodules);
    out.list("patches", source.patches);
    return out.take();
}

json::object write(const KernelBuild& build) {
    WriteMembers out;
    out.text("cuda", build.cuda);
    out.array("toolchain", write(build.toolchain));
    out.flag("driver_stub", build.driver_stub);
    out.array("requirements", write(build.requirements));
    out.text("nvcc_front", build.nvcc_front);
    out.text("directory", build.directory);
    out.list("command", build.command);
    out.number("estimated_seconds", build.estimated_seconds);
    out.number("memory_bytes", build.memory_bytes);
    out.number("timeout_seconds", build.timeout_seconds);
    return out.take();
}

json::object write(const KernelPython& python) {
    WriteMembers out;
    out.array("venvs", write(python.venvs));
    out.text("venv", python.venv);
    out.text("interpreter", python.interpreter);
    out.text("version", python.version);
    out.text("soabi", python.soabi);
    out.text("torch", python.torch);
    out.text("torch_git_version", python.torch_git_version);
    return out.take();
}

json::object write(const KernelFallback& fallback) {
    WriteMembers out;
    out.text("directory", fallback.directory);
    out.text("distribution", fallback.distribution);
    out.text("version", fallback.version);
    out.list("capabilities", fallback.capabilities);
    return out.take();
}

}  // namespace

json::object write_kernel(const Kernel& kernel) {
    WriteMembers out;
    out.text("name", kernel.name);
    out.text("env_var", kernel.env_var);
    out.text("install", to_string(kernel.install));
    out.text("distribution", kernel.distribution);
    out.text("version", kernel.version);
    out.array("variants", write(kernel.variants));
    out.array("capabilities", write(kernel.capabilities));
    out.array("modules", write(kernel.modules));
    out.array("refused", write(kernel.refused));
    out.array("archs", write(kernel.archs));
    out.object("python", write(kernel.python));
    out.object("source", write(kernel.source));
    out.object("build", write(kernel.build));
    out.object("fallback", write(kernel.fallback));
    out.text("selftest", kernel.selftest);
    out.list("needs", kernel.needs);
    return out.take();
}

}  // namespace tmplbuild::pod
