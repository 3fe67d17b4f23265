// SPDX-License-Identifier: Apache-2.0
#include "resolve/base_contract.hpp"

namespace tmplbuild {

std::string PythonFacts::major_minor() const {
    const std::size_t first = version.find('.');
    if (first == std::string::npos) return version;
    return version.substr(0, version.find('.', first + 1));
}

json::object BaseContract::to_json() const {
    json::object o{{"architecture", architecture}, {"distribution", distribution}, {"glibc", glibc}};
    if (python)
        o["python"] =
            json::object{{"command", python->command}, {"real_path", python->real_path}, {"version", python->version},
                         {"soabi", python->soabi},     {"cache_tag", python->cache_tag}, {"magic", python->magic}};
    json::object symlinks, special;
    for (const auto& [path, target] : folders.symlinks) symlinks[path] = target;
    for (const auto& [path, folder] : folders.folders) special[path] = json::array{folder.mode, folder.uid, folder.gid};
    o["symlinks"] = std::move(symlinks);
    o["folders"] = std::move(special);
    return o;
}

static Result<FolderFacts::Folder> read_folder(std::string_view path, const json::value& value) {
    const json::array* numbers = value.if_array();
    Error wrong = usage_error("the facts of folder '" + std::string(path) + "' are not [mode, uid, gid]");
    if (numbers == nullptr || numbers->size() != 3) return wrong;
    std::uint32_t parts[3];
    for (std::size_t i = 0; i < 3; ++i) {
        boost::system::error_code failed;
        parts[i] = (*numbers)[i].to_number<std::uint32_t>(failed);
        if (failed) return wrong;
    }
    return FolderFacts::Folder{parts[0], parts[1], parts[2]};
}

static Result<PythonFacts> read_python(const json::object& o) {
    PythonFacts facts;
    for (auto [key, member] : {std::pair{"command", &PythonFacts::command},
                               {"real_path", &PythonFacts::real_path},
                               {"version", &PythonFacts::version},
                               {"soabi", &PythonFacts::soabi},
                               {"cache_tag", &PythonFacts::cache_tag},
                               {"magic", &PythonFacts::magic}}) {
        auto text = json::get_string(o, key);
        if (!text) return text.error();
        facts.*member = std::move(*text);
    }
    return facts;
}

Result<BaseContract> BaseContract::from_json(const json::object& o) {
    BaseContract contract;
    contract.architecture = json::string_or(o, "architecture", "amd64");
    contract.distribution = json::string_or(o, "distribution", "");
    contract.glibc = json::string_or(o, "glibc", "");
    if (o.contains("python")) {
        auto object = json::get_object(o, "python");
        if (!object) return object.error();
        auto python = read_python(**object);
        if (!python) return python.error();
        contract.python = std::move(*python);
    }
    auto symlinks = json::get_object(o, "symlinks");
    if (!symlinks) return symlinks.error();
    for (const auto& pair : **symlinks) {
        if (!pair.value().is_string())
            return usage_error("the target of symlink '" + std::string(pair.key()) + "' is not text");
        contract.folders.symlinks[std::string(pair.key())] = std::string(pair.value().get_string());
    }
    auto folders = json::get_object(o, "folders");
    if (!folders) return folders.error();
    for (const auto& pair : **folders) {
        auto folder = read_folder(pair.key(), pair.value());
        if (!folder) return folder.error();
        contract.folders.folders[std::string(pair.key())] = *folder;
    }
    return contract;
}

}  // namespace tmplbuild
