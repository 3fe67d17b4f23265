// SPDX-License-Identifier: Apache-2.0
// One wheel, read and planned: which of its files goes where in a venv, with which mode, time and hash, and what an
// installer adds (Python packaging user guide, "Binary distribution format"). Used wherever wheels are laid out. Reads
// the archive's directory and its few text files; contents stay in the archive until they are packed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/python/venv_place.hpp"
#include "io/zip.hpp"
#include "resolve/lock.hpp"

namespace tmplbuild {

struct WheelFile {
    std::string path;                 // relative to the venv: "lib/python3.11/site-packages/numpy/__init__.py"
    std::string hash;                 // of the content, in RECORD's form
    std::uint64_t index = 0;          // index of the archive's member …
    std::uint64_t size = 0;           // bytes, of the content
    std::optional<std::string> text;  // … or content that is not from the archive: scripts, INSTALLER
    std::int64_t mtime = default_mtime;
    bool executable = false;
    bool left_out = false;  // another distribution's file is used instead (ownership.hpp)
};

// What to do with a RECORD that does not fit its wheel. The lock pins the wheel as a whole in any case.
enum class BadRecord { refused, replaced };  // `replaced`: files are taken and listed as they are

struct Wheel {
    std::string name, version;  // as METADATA spells them
    std::filesystem::path archive;
    Digest digest;  // of the archive
    BadRecord bad_record = BadRecord::refused;
    std::string file;                    // the wheel's file name, for messages
    std::string dist_info;               // "numpy-2.1.0.dist-info"
    std::vector<WheelFile> files;        // without RECORD, which record_of() writes last
    std::vector<std::string> commands;   // names of the scripts made from entry points, sorted
    std::int64_t mtime = default_mtime;  // the WHEEL member's time, for files that are made here

    std::string title() const { return name + " " + version; }
};

// An error names the distribution and the file: not a wheel, another distribution than the lock's, a member whose name
// leads out or is invalid, a link, and, unless it is to be replaced, a RECORD that lacks files or lists others.
Result<Wheel> read_wheel(const std::filesystem::path& archive, const LockedDistribution& locked, const VenvPlace& place,
                         BadRecord bad_record = BadRecord::refused);

// Writes one file's content to the sink and checks its hash: the error names the file and the distribution, and comes
// after the last piece. `zip` is the wheel's archive.
Result<void> read_wheel_file(const Wheel& wheel, const WheelFile& file, const io::ZipReader& zip,
                             const io::ZipReader::Sink& sink);

struct InstalledFile {
    std::string path;  // relative to the venv
    std::string hash;
    std::uint64_t size = 0;
};
// The venv's RECORD for the wheel: all of its files, `extra` (bytecode; it replaces a file of the same path), and
// RECORD itself.
std::string record_of(const Wheel& wheel, const std::vector<InstalledFile>& extra, const VenvPlace& place);

}  // namespace tmplbuild
