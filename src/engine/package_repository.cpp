// SPDX-License-Identifier: Apache-2.0
#include "engine/package_repository.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "pack/layer_writer.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

// A .deb is an ar archive, and the time of its first member is that of the package (deb(5), ar(5)): dpkg-deb clamps
// every file in the package to it. The newest of these times bounds all times of files from packages.
Result<std::int64_t> package_time(const fs::path& deb) {
    auto fd = sys::open_fd(deb, O_RDONLY);
    if (!fd) return fd.error();
    std::array<std::byte, 36> head{};  // "!<arch>\n", the member's name (16 bytes), its time (12 digits)
    auto got = sys::read_full(fd->get(), head, deb);
    if (!got) return got.error();
    const std::string text(reinterpret_cast<const char*>(head.data()), *got);
    std::int64_t time = 0;
    if (!text.starts_with("!<arch>\ndebian-binary") ||
        std::from_chars(text.data() + 24, text.data() + text.size(), time).ec != std::errc())
        return build_error("'" + deb.string() + "' is not a Debian package");
    return time;
}

}  // namespace

Result<std::int64_t> make_package_repository(const fs::path& folder, const std::string& suite,
                                             const std::vector<LockedPackage>& packages, StepContext& context) {
    std::string index;
    std::int64_t newest = default_mtime;
    for (const LockedPackage& package : packages) {
        const fs::path blob = context.store.blob_path(package.sha256);
        // apt recognises a package by the ending of its name.
        const fs::path file = folder / (package.sha256.short_hex() + ".deb");
        std::error_code failed;
        fs::create_hard_link(blob, file, failed);
        if (failed) return os_error("link", file, failed.value());
        auto time = package_time(blob);
        if (!time) return time.error();
        newest = std::max(newest, *time);
        auto control =
            context.processes.run_checked({.argv = {"dpkg-deb", "-f", blob}}, context.stop, "reading " + package.file);
        if (!control) return control.error();
        index += std::string(trim(control->out)) + "\nFilename: ./" + file.filename().string() +
                 "\nSize: " + std::to_string(package.size) + "\nSHA256: " + package.sha256.hex() + "\n\n";
    }
    // mmdebstrap finds the essential packages by the suite's name in the Release file.
    const std::string release = "Suite: " + suite + "\nCodename: " + suite +
                                "\nDate: Tue, 01 Jan 1980 00:00:00 UTC\nArchitectures: amd64\nSHA256:\n " +
                                Sha256::of(index).hex() + " " + std::to_string(index.size()) + " Packages\n";
    if (auto written = sys::write_file_atomic(folder / "Packages", index); !written) return written.error();
    if (auto written = sys::write_file_atomic(folder / "Release", release); !written) return written.error();
    return newest;
}

}  // namespace tmplbuild
