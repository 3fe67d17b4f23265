// SPDX-License-Identifier: Apache-2.0
#include "engine/outputs.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <map>

#include "base/text.hpp"
#include "oci/archive_out.hpp"
#include "oci/layout.hpp"
#include "registry/push.hpp"
#include "sys/write_target.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

using Kind = oci::ImageName::Kind;

// Finds outputs that cannot be made, before anything is built. An image that is there already may need no write.
static std::optional<Error> cannot_write(const oci::ImageName& output) {
    std::error_code failed;
    if (output.kind == Kind::layout && fs::exists(output.path / "index.json", failed)) return std::nullopt;
    if (output.kind != Kind::layout) {
        auto target = sys::write_target(output.path);
        if (!target) return target.error();
        if (target->kind == sys::WriteTarget::Kind::stream) {
            if (::access(output.path.c_str(), W_OK) == 0) return std::nullopt;
            Error error = os_error("write into", output.path, errno);
            error.kind = ErrorKind::usage;
            return error;
        }
    }
    fs::path folder = fs::absolute(output.path, failed);
    if (output.kind != Kind::layout) folder = folder.parent_path();
    while (!fs::exists(folder, failed) && folder.has_relative_path()) folder = folder.parent_path();
    if (::access(folder.c_str(), W_OK | X_OK) == 0) return std::nullopt;
    Error error = os_error("write '" + output.to_string() + "' into the folder", folder, errno);
    error.kind = ErrorKind::usage;
    error.hint = "choose another place with -o";
    return error;
}

// The place to which an output writes, as one name: after links, and with a layout's tag.
static std::string place_of(const oci::ImageName& output) {
    if (output.kind == Kind::registry) return output.to_string();
    std::error_code failed;
    const fs::path real = fs::weakly_canonical(fs::absolute(output.path, failed), failed);
    const std::string tag = output.tag.empty() ? "latest" : output.tag;
    return real.string() + (output.kind == Kind::layout ? ":" + tag : "");
}

// Of two outputs in one place, the later one would silently replace the other.
static std::vector<Error> twice_named(const std::vector<oci::ImageName>& outputs,
                                      const std::vector<fs::path>& also_written) {
    std::vector<Error> errors;
    std::map<std::string, std::string> seen;
    const auto note = [&](const std::string& place, const std::string& option) {
        const auto [other, first] = seen.try_emplace(place, option);
        if (!first)
            errors.push_back(usage_error(other->second + " and " + option + " write to one place",
                                         "name another file, or another tag of the layout"));
    };
    for (const oci::ImageName& output : outputs) note(place_of(output), "-o " + output.to_string());
    for (const fs::path& file : also_written)
        note(place_of({Kind::oci_archive, file, "", ""}), "--metadata-file " + file.string());
    return errors;
}

void check_outputs(const std::vector<oci::ImageName>& outputs, const std::vector<fs::path>& also_written) {
    std::vector<Error> errors = twice_named(outputs, also_written);
    for (const oci::ImageName& output : outputs) {
        std::error_code failed;
        if (output.kind == Kind::registry) continue;
        if (output.kind != Kind::layout && fs::is_directory(output.path, failed))
            errors.push_back(
                usage_error("'" + output.path.string() + "' is a folder, and '" + output.to_string() + "' is one file",
                            "name a file, or write -o oci:DIR[:TAG]"));
        else if (output.kind == Kind::layout && fs::exists(output.path, failed) &&
                 !fs::is_directory(output.path, failed))
            errors.push_back(usage_error("'" + output.path.string() + "' is a file, and an OCI layout is a folder",
                                         "name a folder, or write -o oci-archive:FILE"));
        else if (auto error = cannot_write(output))
            errors.push_back(std::move(*error));
    }
    if (!errors.empty()) throw BuildError(std::move(errors));
}

static void write_archive(const Store& store, const oci::Image& image, const std::string& name,
                          const oci::ImageName& output, Progress& progress, const std::stop_token& stop) {
    const std::string id = output.to_string();
    progress.started(id, "writing");
    const auto begin = std::chrono::steady_clock::now();
    std::uint64_t size = 0;
    const ByteProgress told = [&](std::uint64_t done, std::uint64_t total) -> Result<void> {
        size = done;
        progress.bytes(id, done, total);
        if (stop.stop_requested()) return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
        return {};
    };
    auto written = [&]() -> Result<void> {
        if (output.kind == Kind::oci_archive)
            return oci::write_oci_archive(store, image, output.path, output.tag.empty() ? "latest" : output.tag, told);
        // A template's name may be invalid for Docker ("a..b"); then the archive has no name, only its digest.
        const auto own = oci::parse_docker_reference(name);
        const std::string reference = !output.reference.empty() ? output.reference : own ? *own : "";
        return oci::write_docker_archive(store, image, output.path, reference, told);
    }();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (!written) {
        const bool stopped = written.error().kind == ErrorKind::interrupted;
        progress.finished(id, stopped ? StepOutcome::stopped : StepOutcome::failed, seconds, "");
        Error error = written.error();
        throw BuildError(error.while_doing("writing " + id));
    }
    progress.finished(id, StepOutcome::built, seconds, human_bytes(size));
}

void check_registries(const std::vector<oci::ImageName>& outputs, const registry::Client* client,
                      const std::stop_token& stop) {
    for (const oci::ImageName& output : outputs)
        if (output.kind == Kind::registry)
            registry::check_access(*client, Reference::parse(output.reference).value(), stop).value();
}

static void push_all(const Store& store, const oci::Image& image, const std::vector<Reference>& references,
                     const registry::Client* client, const std::shared_ptr<const oci::Place>& blobs, Progress& progress,
                     const std::stop_token& stop) {
    const registry::PushedImage pushed = registry::image_of_build(image, blobs).value();
    const auto targets = registry::PushTarget::of(references, image.manifest_digest).value();
    for (const registry::PushTarget& target : targets) registry::check_push(pushed, target).value();
    for (const registry::PushTarget& target : targets)
        registry::push_image(pushed, target, {*client, store, progress, target.name()}, stop).value();
}

void write_outputs(const Store& store, const oci::Image& image, const std::string& name,
                   const std::vector<oci::ImageName>& outputs, const registry::Client* client,
                   const std::shared_ptr<const oci::Place>& blobs, Progress& progress, const std::stop_token& stop) {
    std::vector<Reference> references;
    for (const oci::ImageName& output : outputs) {
        if (output.kind == Kind::registry)
            references.push_back(Reference::parse(output.reference).value());
        else if (output.kind == Kind::layout)
            oci::write_layout(store, image, output.path, output.tag.empty() ? "latest" : output.tag).value();
        else
            write_archive(store, image, name, output, progress, stop);
    }
    // What everybody sees comes last.
    push_all(store, image, references, client, blobs, progress, stop);
}

}  // namespace tmplbuild
