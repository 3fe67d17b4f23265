// SPDX-License-Identifier: Apache-2.0
#include "resolve/base_contract.hpp"

#include <algorithm>

#include "base/grammar.hpp"
#include "base/text.hpp"

namespace tmplbuild {

std::string PythonFacts::major_minor() const {
    const std::size_t first = version.find('.');
    if (first == std::string::npos) return version;
    return version.substr(0, version.find('.', first + 1));
}

json::object PythonFacts::to_json() const {
    return {{"command", command}, {"real_path", real_path}, {"version", version},
            {"soabi", soabi},     {"cache_tag", cache_tag}, {"magic", magic}};
}

BaseContract BaseContract::with_interpreter(const std::string& asked) const {
    BaseContract out = *this;
    if (asked.empty()) return out;
    const auto found = interpreters.find(asked);
    out.python = found == interpreters.end() ? std::nullopt : std::optional(found->second);
    return out;
}

json::object BaseContract::to_json() const {
    json::object o{{"architecture", architecture}, {"distribution", distribution}, {"glibc", glibc}};
    if (python) o["python"] = python->to_json();
    json::object named, symlinks, special;
    for (const auto& [asked, facts] : interpreters) named[asked] = facts.to_json();
    if (!named.empty()) o["interpreters"] = std::move(named);
    for (const auto& [path, target] : folders.symlinks) symlinks[path] = target;
    for (const auto& [path, folder] : folders.folders) special[path] = json::array{folder.mode, folder.uid, folder.gid};
    o["symlinks"] = std::move(symlinks);
    o["folders"] = std::move(special);
    return o;
}

// The form of FolderFacts' keys: no leading slash, nothing doubled, no "..".
static bool is_folder_key(std::string_view text) {
    const auto plain = parse_image_path("/" + std::string(text));
    return plain && !plain->empty() && *plain == text;
}

static Result<FolderFacts::Folder> read_folder(std::string_view path, const json::value& value) {
    const json::array* numbers = value.if_array();
    Error wrong = usage_error("the facts of folder '" + std::string(path) + "' are not [mode, uid, gid]");
    if (numbers == nullptr || numbers->size() != 3 || !is_folder_key(path)) return wrong;
    std::uint32_t parts[3];
    for (std::size_t i = 0; i < 3; ++i) {
        boost::system::error_code failed;
        parts[i] = (*numbers)[i].to_number<std::uint32_t>(failed);
        if (failed) return wrong;
    }
    if (parts[0] > 07777) return wrong;
    return FolderFacts::Folder{parts[0], parts[1], parts[2]};
}

// A text of letters, digits and the characters of `marks`: at least one, at most 64.
static bool is_word(std::string_view text, std::string_view marks) {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    });
}

static bool is_three_numbers(std::string_view text) {
    const std::vector<std::string> parts = split(text, '.');
    return parts.size() == 3 && std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
               return !part.empty() && part.size() <= 4 && part.find_first_not_of("0123456789") == std::string::npos;
           });
}

// The path is written into the first lines of scripts, into pyvenv.cfg and into JSON.
static bool is_program_path(std::string_view text) {
    const auto plain = parse_image_path(text);
    return plain && !plain->empty() && "/" + *plain == text && std::all_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) > ' ' && c != 0x7f &&
                      std::string_view("'\"\\$`").find(c) == std::string_view::npos;
           });
}

Result<PythonFacts> PythonFacts::from_json(const json::object& o) {
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
    for (const std::string* path : {&facts.command, &facts.real_path})
        if (!is_program_path(*path)) return usage_error("'" + *path + "' is not the path of a Python");
    if (!is_three_numbers(facts.version)) return usage_error("'" + facts.version + "' is not a version of Python");
    if (!facts.version.starts_with("3.")) return usage_error("it is Python " + facts.version + ", and 3 is needed");
    for (const std::string* name : {&facts.soabi, &facts.cache_tag})
        if (!is_word(*name, "-_.")) return usage_error("'" + *name + "' is not the name of a Python's ABI");
    if (facts.magic.size() != 8 || facts.magic.find_first_not_of("0123456789abcdef") != std::string::npos)
        return usage_error("'" + facts.magic + "' is not a magic number of bytecode");
    return facts;
}

Result<BaseContract> BaseContract::from_json(const json::object& o) {
    BaseContract contract;
    contract.architecture = json::string_or(o, "architecture", "amd64");
    contract.distribution = json::string_or(o, "distribution", "");
    contract.glibc = json::string_or(o, "glibc", "");
    if (contract.architecture != "amd64")
        return usage_error("the base's architecture is '" + contract.architecture + "', and not amd64");
    if (!contract.distribution.empty() && !is_word(contract.distribution.substr(0, 64), "._+- "))
        return usage_error("'" + contract.distribution + "' is not the name of a distribution");
    if (contract.glibc.find_first_not_of("0123456789.") != std::string::npos || contract.glibc.size() > 16)
        return usage_error("'" + contract.glibc + "' is not a version of glibc");
    if (o.contains("python")) {
        auto object = json::get_object(o, "python");
        if (!object) return object.error();
        auto python = PythonFacts::from_json(**object);
        if (!python) return python.error();
        contract.python = std::move(*python);
    }
    if (o.contains("interpreters")) {
        auto named = json::get_object(o, "interpreters");
        if (!named) return named.error();
        for (const auto& pair : **named) {
            const json::object* facts = pair.value().if_object();
            const std::string asked(pair.key());
            if (facts == nullptr || !is_interpreter_name(asked))
                return usage_error("'interpreters' holds something else than interpreters");
            auto python = PythonFacts::from_json(*facts);
            if (!python) return python.error();
            contract.interpreters[asked] = std::move(*python);
        }
    }
    auto symlinks = json::get_object(o, "symlinks");
    if (!symlinks) return symlinks.error();
    for (const auto& pair : **symlinks) {
        if (!pair.value().is_string())
            return usage_error("the target of symlink '" + std::string(pair.key()) + "' is not text");
        for (const std::string_view path : {std::string_view(pair.key()), std::string_view(pair.value().get_string())})
            if (!is_folder_key(path)) return usage_error("'" + std::string(path) + "' is not a path inside an image");
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
