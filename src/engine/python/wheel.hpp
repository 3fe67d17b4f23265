// SPDX-License-Identifier: Apache-2.0
// One wheel, read and laid out on paper: which file goes where in a venv, with which mode, time and hash, and what an
// installer adds (Python packaging user guide, "Binary distribution format"). Used by the python step and for builders
// of sdists. Reads the archive's directory and its few text files; contents stay in the archive until they are packed.
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
    std::string hash;                 // as RECORD writes it, of the content below
    std::uint64_t index = 0;          // the archive's member …
    std::uint64_t size = 0;           // bytes, of the content
    std::optional<std::string> text;  // … or content that is not in the archive: scripts, INSTALLER
    std::int64_t mtime = default_mtime;
    bool executable = false;
    bool left_out = false;  // another distribution's file stands in its place (ownership.hpp)
};

struct Wheel {
    std::string name, version;  // as METADATA spells them
    std::filesystem::path archive;
    std::string file;                    // the wheel's file name, for messages
    std::string dist_info;               // "numpy-2.1.0.dist-info"
    std::vector<WheelFile> files;        // RECORD not among them: record_of() writes it, last of all
    std::vector<std::string> commands;   // names of the scripts made from entry points, sorted
    std::int64_t mtime = default_mtime;  // of what is made here: the WHEEL member's

    std::string title() const { return name + " " + version; }
};

// What a RECORD that does not fit its wheel means. The wheel as a whole is pinned by the lock either way.
enum class BadRecord { refused, replaced };  // `replaced`: files are taken as they are, and listed as they are

// An error names the distribution and the file: not a wheel, another distribution than the lock says, a member whose
// name leads out or is odd, a link, and, unless it is to be replaced, a RECORD that lacks files or lists other ones.
Result<Wheel> read_wheel(const std::filesystem::path& archive, const LockedDistribution& locked, const VenvPlace& place,
                         BadRecord bad_record = BadRecord::refused);

// One file's content into the sink, checked against its hash: an error names the file and the distribution, and comes
// after the last piece. `zip` is the wheel's archive.
Result<void> read_wheel_file(const Wheel& wheel, const WheelFile& file, const io::ZipReader& zip,
                             const io::ZipReader::Sink& sink);

struct InstalledFile {
    std::string path;  // relative to the venv
    std::string hash;
    std::uint64_t size = 0;
};
// The venv's RECORD of the wheel: all of its files, `extra` (bytecode; stands for a file of the same path), and RECORD.
std::string record_of(const Wheel& wheel, const std::vector<InstalledFile>& extra, const VenvPlace& place);

}  // namespace tmplbuild
