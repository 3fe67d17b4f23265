// SPDX-License-Identifier: Apache-2.0
#include "podspec/members.hpp"
#include "podspec/names.hpp"

namespace tmplbuild::pod {

namespace {

constexpr std::int64_t longest_seconds = 7 * 24 * 3600;
constexpr std::int64_t most_memory = std::int64_t{1} << 50;

// Of one object: where its problems and unknown keys go.
struct Place {
    std::string where;  // "kernels[0].build."
    std::string& problem;
    std::vector<std::string>& notes;
};

template <class Fill>
void read_object(const json::object& object, const Place& place, Fill read) {
    ReadMembers in(object, place.where);
    read(in);
    in.note_unknown(place.notes);
    if (place.problem.empty()) place.problem = in.problem;
}

template <class Item, class Fill>
void read_list(ReadMembers& parent, const char* key, const Place& place, std::vector<Item>& out, Fill read) {
    const auto* list = parent.array(key);
    if (list == nullptr) return;
    for (const auto& element : *list) {
        const auto* object = element.if_object();
        if (object == nullptr) return parent.wrong(key, "an array of objects");
        Item item;
        read_object(*object, {place.where + key + ".", place.problem, place.notes},
                    [&](ReadMembers& in) { read(in, item); });
        out.push_back(std::move(item));
    }
}

template <class Fill>
void read_object(ReadMembers& parent, const char* key, const Place& place, Fill read) {
    if (const auto* object = parent.object(key))
        read_object(*object, {place.where + key + ".", place.problem, place.notes}, read);
}

void read_file(ReadMembers& in, PinnedFile& out) {
    in.text("project", out.project);
    in.text("version", out.version);
    in.text("file", out.file);
    in.text("sha256", out.sha256);
}

void read_build(ReadMembers& in, const Place& place, KernelBuild& out) {
    in.text("cuda", out.cuda);
    read_list(in, "toolchain", place, out.toolchain, read_file);
    in.flag("driver_stub", out.driver_stub);
    read_list(in, "requirements", place, out.requirements, read_file);
    in.text("nvcc_front", out.nvcc_front);
    in.text("directory", out.directory);
    in.list("command", out.command);
    in.number("estimated_seconds", out.estimated_seconds, 0, longest_seconds);
    in.number("memory_bytes", out.memory_bytes, 0, most_memory);
    in.number("timeout_seconds", out.timeout_seconds, 0, longest_seconds);
}

void read_tables(ReadMembers& in, const Place& place, Kernel& out) {
    read_list(in, "variants", place, out.variants, [](ReadMembers& m, KernelVariant& variant) {
        m.text("arch", variant.arch);
        m.text("directory", variant.directory);
        m.text("key", variant.key);
        m.text("table", variant.table);
    });
    read_list(in, "capabilities", place, out.capabilities, [](ReadMembers& m, KernelCapability& capability) {
        m.text("capability", capability.capability);
        m.text("arch", capability.arch);
        m.list("modules", capability.modules);
    });
    read_list(in, "modules", place, out.modules, [](ReadMembers& m, KernelModule& module) {
        m.text("file", module.file);
        m.flag("host_only", module.host_only);
        m.list("may_lack", module.may_lack);
    });
    read_list(in, "refused", place, out.refused, [](ReadMembers& m, KernelRefusal& refusal) {
        m.text("capability", refusal.capability);
        m.text("reason", refusal.reason);
    });
    read_list(in, "archs", place, out.archs, [](ReadMembers& m, KernelArch& arch) {
        m.text("arch", arch.arch);
        m.text("key", arch.key);
        m.text("minimum_cuda", arch.minimum_cuda);
        m.texts("environment", arch.environment);
    });
}

void read_objects(ReadMembers& in, const Place& place, Kernel& out) {
    read_object(in, "python", place, [&](ReadMembers& m) {
        read_list(m, "venvs", {place.where + "python.", place.problem, place.notes}, out.python.venvs,
                  [](ReadMembers& inner, KernelVenv& venv) {
                      inner.text("directory", venv.directory);
                      inner.text("site_packages", venv.site_packages);
                  });
        m.text("venv", out.python.venv);
        m.text("interpreter", out.python.interpreter);
        m.text("version", out.python.version);
        m.text("soabi", out.python.soabi);
        m.text("torch", out.python.torch);
        m.text("torch_git_version", out.python.torch_git_version);
    });
    read_object(in, "source", place, [&](ReadMembers& m) {
        m.text("directory", out.source.directory);
        m.text("url", out.source.url);
        m.text("commit", out.source.commit);
        m.flag("submodules", out.source.submodules);
        m.list("patches", out.source.patches);
    });
    read_object(in, "build", place, [&](ReadMembers& m) {
        read_build(m, {place.where + "build.", place.problem, place.notes}, out.build);
    });
    read_object(in, "fallback", place, [&](ReadMembers& m) {
        m.text("directory", out.fallback.directory);
        m.text("distribution", out.fallback.distribution);
        m.text("version", out.fallback.version);
        m.list("capabilities", out.fallback.capabilities);
    });
}

}  // namespace

void read_kernel(const json::value& value, std::size_t index, PodSpec& spec) {
    const std::string where = "kernels[" + std::to_string(index) + "]";
    const auto* object = value.if_object();
    if (object == nullptr) return spec.notes.push_back(where + " is not an object; it is ignored");
    Kernel kernel;
    std::string problem;
    const Place place{where + ".", problem, spec.notes};
    read_object(*object, place, [&](ReadMembers& in) {
        in.text("name", kernel.name);
        in.text("env_var", kernel.env_var);
        in.word("install", kernel.install, parse_install_mode, "background, true, prebuilt or off");
        in.text("distribution", kernel.distribution);
        in.text("version", kernel.version);
        read_tables(in, place, kernel);
        read_objects(in, place, kernel);
        in.text("selftest", kernel.selftest);
        in.list("needs", kernel.needs);
    });
    if (!problem.empty()) return spec.notes.push_back(problem + "; the kernel is ignored");
    spec.kernels.push_back(std::move(kernel));
}

}  // namespace tmplbuild::pod
