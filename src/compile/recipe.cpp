// SPDX-License-Identifier: Apache-2.0
#include "compile/recipe.hpp"

#include <algorithm>
#include <array>

#include "base/grammar.hpp"
#include "base/placeholders.hpp"
#include "base/python_text.hpp"
#include "base/text.hpp"
#include "compile/step_environment.hpp"

namespace tmplbuild::compile {

namespace {

std::string value_of(std::string_view word, const Recipe& recipe) {
    if (word == "arch") return recipe.arch.to_torch_list();
    if (word == "sm") return recipe.arch.to_string();
    if (word == "output") return places_of(recipe.directory).output;
    if (word == "jobs") return std::to_string(recipe.jobs);
    return "{" + std::string(word) + "}";  // the template's reader refuses unknown words
}

std::string fill(const std::string& text, const Recipe& recipe) {
    std::string out;
    for (const TextPiece& piece : pieces_of(text)) out += piece.is_word ? value_of(piece.text, recipe) : piece.text;
    return out;
}

}  // namespace

const Texts& recipe_placeholders() {
    static const Texts names = {"arch", "jobs", "output", "sm"};
    return names;
}

std::string source_directory(const std::string& kernel) { return "/build/" + kernel; }

Places places_of(const std::string& source_directory) {
    const std::size_t name = source_directory.rfind('/') + 1;  // npos + 1 is 0
    const std::string beside = source_directory.substr(0, name) + "." + source_directory.substr(name) + "/";
    return {source_directory, beside + "toolkit", beside + "cuda", beside + "requirements",
            beside + "stub",  beside + "output",  beside + "tmp",  beside + "log"};
}

Environment environment(const Recipe& recipe) {
    const Places places = places_of(recipe.directory);
    Environment out = step_environment();
    out["TMPDIR"] = places.temporary;
    out["PYTHONNOUSERSITE"] = "1";  // packages that a user installed for himself are no part of a compile
    out["CUDA_HOME"] = out["CUDA_PATH"] = places.cuda_home;
    out["TMPLBUILD_NVCC"] = places.toolkit + "/bin/nvcc";
    out["TMPLBUILD_ARCH"] = recipe.arch.number();
    out["TMPLBUILD_NVCC_LOG"] = places.log + "/nvcc-front.jsonl";
    // `python` is the venv's, where there is one.
    std::string path = recipe.venv.empty() ? "" : recipe.venv + "/bin:";
    if (!recipe.requirement_packages.empty()) {
        path += places.requirements + "/bin:";
        out["PYTHONPATH"] = places.requirements + "/" + recipe.requirement_packages;
    }
    out["PATH"] = path + places.cuda_home + "/bin:" + standard_path;
    if (recipe.driver_stub) out["LIBRARY_PATH"] = places.stub;
    if (!recipe.venv.empty()) out["VIRTUAL_ENV"] = recipe.venv;
    if (!recipe.headers.empty()) out["CPATH"] = join(recipe.headers, ":");
    for (const auto& [name, value] : recipe.environment) out[name] = fill(value, recipe);
    return out;
}

Texts command(const Recipe& recipe) {
    Texts out;
    for (const std::string& word : recipe.command) out.push_back(fill(word, recipe));
    return out;
}

Texts canary(const Recipe& recipe, const std::string& source, const std::string& object) {
    Texts out = {"nvcc", "-c", source, "-o", object};
    for (const std::string& flag : recipe.arch.gencode_flags()) out.push_back(flag);
    return out;
}

Texts strip_command() { return {"strip", "--strip-unneeded"}; }

std::optional<Texts> strip(const Recipe& recipe, const Texts& files) {
    Texts out = strip_command();
    const std::size_t none = out.size();
    for (const std::string& file : files)
        if (file.ends_with(".so")) out.push_back(places_of(recipe.directory).output + "/" + file);
    return out.size() == none ? std::nullopt : std::optional(out);
}

std::optional<Texts> bytecode(const Recipe& recipe, const Texts& files) {
    const bool any = std::any_of(files.begin(), files.end(), [](const auto& file) { return file.ends_with(".py"); });
    if (recipe.interpreter.empty() || !any) return std::nullopt;
    const std::string output = places_of(recipe.directory).output;
    // Not -I, which would ignore PYTHONHASHSEED, so that the order of a set's constants would change each time.
    return Texts{
        recipe.interpreter, "-s", "-S",   "-W",  "ignore", "-m", "compileall", "-q", "-f", "--invalidation-mode",
        "unchecked-hash",   "-s", output, output};
}

std::string python_folder(const std::string& python_version, const std::string& soabi) {
    const std::size_t minor = python_version.find('.');
    const std::string series = python_version.substr(0, python_version.find('.', minor + 1));
    // A free-threaded interpreter's ABI says so ("cpython-313t-…"), and it has folders of its own.
    const std::size_t dash = soabi.find('-');
    const std::string abi =
        dash == std::string::npos ? "" : soabi.substr(dash + 1, soabi.find('-', dash + 1) - dash - 1);
    return "python" + series + (abi.ends_with('t') ? "t" : "");
}

std::string site_packages(const std::string& python_version, const std::string& soabi) {
    return "lib/" + python_folder(python_version, soabi) + "/site-packages";
}

Texts nvidia_headers(const std::string& site_packages, Texts names) {
    std::sort(names.begin(), names.end());
    for (std::string& name : names) name = site_packages + "/nvidia/" + name + "/include";
    return names;
}

std::optional<std::string> metadata_problem(const Texts& files, const std::string& package,
                                            const std::string& version) {
    for (const std::string& file : files) {
        const std::string top = file.substr(0, file.find('/'));
        for (const std::string_view ending : {".dist-info", ".egg-info"}) {
            if (!top.ends_with(ending)) continue;
            const std::string_view stem = std::string_view(top).substr(0, top.size() - ending.size());
            const std::size_t dash = stem.find('-');
            if (dash == std::string_view::npos ||
                normalized_project(stem.substr(0, dash)) != normalized_project(package))
                continue;
            // Such a name ends with the Python: "toy-2.0-py3.11.egg-info".
            std::string_view found = stem.substr(dash + 1);
            found = found.substr(0, found.find('-'));
            if (plain_version(found) != plain_version(version))
                return "it left '" + top + "', and the recipe says that " + package + " is version " + version;
        }
    }
    return std::nullopt;
}

}  // namespace tmplbuild::compile
