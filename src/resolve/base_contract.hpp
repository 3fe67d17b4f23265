// SPDX-License-Identifier: Apache-2.0
// The few named facts of a base on which a known layer's bytes may depend. The engine measures them once for each base;
// they are kept in the lock and are part of the keys of known layers. They never hold the base's digest: another base
// with the same facts gives the same bytes.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "pack/folder_facts.hpp"

namespace tmplbuild {

struct PythonFacts {
    std::string command;              // "/usr/bin/python3": the target of a venv's link
    std::string real_path;            // "/usr/bin/python3.11"
    std::string version;              // "3.11.2"
    std::string soabi;                // "cpython-311-x86_64-linux-gnu"
    std::string cache_tag;            // "cpython-311": in the names of .pyc files
    std::string magic;                // hex of importlib.util.MAGIC_NUMBER
    std::string major_minor() const;  // "3.11"
    bool operator==(const PythonFacts&) const = default;

    json::object to_json() const;
    // Reads strictly, whoever wrote it: a foreign image's interpreter answers in this form, and locks hold it.
    static Result<PythonFacts> from_json(const json::object& o);
};

struct BaseContract {
    std::string architecture = "amd64";
    std::string distribution;                           // "debian 12": ID and VERSION_ID of os-release
    std::string glibc;                                  // "2.36"; empty: the base has no glibc
    std::optional<PythonFacts> python;                  // the `python3` on the image's PATH
    std::map<std::string, PythonFacts> interpreters{};  // those that the template names, under that name
    FolderFacts folders;
    bool operator==(const BaseContract&) const = default;

    // The same base with another of its interpreters as `python`; with `asked` empty, it stays the same. An interpreter
    // that the base does not have becomes none.
    BaseContract with_interpreter(const std::string& asked) const;

    json::object to_json() const;
    static Result<BaseContract> from_json(const json::object& o);
};

}  // namespace tmplbuild
