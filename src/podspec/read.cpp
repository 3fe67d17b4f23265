// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "podspec/field_reader.hpp"
#include "podspec/kernel_fields.hpp"
#include "podspec/service_fields.hpp"

namespace tmplbuild::pod {

namespace {

// These members have no row: `unusable`, which reading sets, and the pod's `notes`, version and arrays of services and
// kernels.
static_assert(has_all<Service>(service_fields, 1), "a member of Service has no row in service_fields.hpp");
static_assert(has_all<Kernel>(kernel_fields), "a member of Kernel has no row in kernel_fields.hpp");
static_assert(has_all<PodSpec>(pod_fields, 4), "a member of PodSpec has no row in service_fields.hpp");

Service read_service(const json::value& value, std::size_t index, std::vector<std::string>& notes) {
    Service out;
    const auto* object = value.if_object();
    if (object == nullptr) {
        out.name = "service-" + std::to_string(index + 1);
        out.unusable = "services[" + std::to_string(index) + "] is not an object";
        return out;
    }
    ReadMembers in(*object, "");
    std::vector<std::string> inner;
    FieldReader(in, inner).all(service_fields, out);
    in.note_unknown(inner);
    out.unusable = in.problem;
    if (out.name.empty()) out.name = "service-" + std::to_string(index + 1);
    for (const auto& note : inner) notes.push_back("service '" + out.name + "': " + note);
    return out;
}

// A kernel that cannot be read is left out with a note.
void read_kernel(const json::value& value, std::size_t index, PodSpec& spec) {
    const std::string where = "kernels[" + std::to_string(index) + "]";
    const auto* object = value.if_object();
    if (object == nullptr) return spec.notes.push_back(where + " is not an object; it is ignored");
    Kernel kernel;
    ReadMembers in(*object, where + ".");
    FieldReader(in, spec.notes).all(kernel_fields, kernel);
    in.note_unknown(spec.notes);
    if (!in.problem.empty()) return spec.notes.push_back(in.problem + "; the kernel is ignored");
    spec.kernels.push_back(std::move(kernel));
}

Error unreadable(std::string message, const std::string& file, std::string hint = {}) {
    Error error = usage_error(std::move(message), std::move(hint));
    error.where = SourcePos{file, 0, 0};
    return error;
}

}  // namespace

Result<PodSpec> read_pod_spec(std::string_view text, const std::string& file) {
    auto value = json::parse(text, file);
    if (!value) return value.error();
    const auto* object = value->if_object();
    if (object == nullptr) return unreadable("pod.json is not an object", file);
    const auto version = json::get_int(*object, "version");
    if (!version || *version < oldest_pod_spec_version || *version > pod_spec_version)
        return unreadable("pod.json has version " + (version ? std::to_string(*version) : std::string("(none)")) +
                              "; this launcher reads versions " + std::to_string(oldest_pod_spec_version) + " to " +
                              std::to_string(pod_spec_version),
                          file, "launcher and pod.json come from one builder: build the image again");
    PodSpec spec;
    ReadMembers in(*object, "");
    in.find("version");
    if (const auto* services = in.array("services"))
        for (std::size_t i = 0; i < services->size(); ++i)
            spec.services.push_back(read_service((*services)[i], i, spec.notes));
    if (const auto* kernels = in.array("kernels"))
        for (std::size_t i = 0; i < kernels->size(); ++i) read_kernel((*kernels)[i], i, spec);
    FieldReader(in, spec.notes).all(pod_fields, spec);
    in.note_unknown(spec.notes);
    // A wrong value beside the services must not keep them from starting: the default is used, and a note says so.
    if (!in.problem.empty()) spec.notes.push_back(in.problem + "; its default is used");
    return spec;
}

}  // namespace tmplbuild::pod
