// SPDX-License-Identifier: Apache-2.0
#include "verify/python_view.hpp"

#include <algorithm>
#include <optional>

#include "base/grammar.hpp"
#include "base/text.hpp"

namespace tmplbuild {

namespace {

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// "python3.11" and "python3.13t"; empty for any other name.
std::string versioned_name(const std::string& name) {
    const bool good = name.starts_with("python3.") && name.size() > 8 &&
                      name.find_first_not_of("0123456789", 8) >= std::min(name.size(), name.find('t', 8));
    return good ? name : "";
}

// An interpreter whose file has a plain name (Python built from source) is told by pyvenv.cfg's "version = 3.11.2".
std::string name_from_settings(const std::string& text) {
    for (const std::string& line : split(text, '\n')) {
        const std::size_t equals = line.find('=');
        const std::string_view key = trim(std::string_view(line).substr(0, equals));
        if (equals == std::string::npos || (key != "version" && key != "version_info")) continue;
        const std::vector<std::string> parts = split(trim(std::string_view(line).substr(equals + 1)), '.');
        if (parts.size() >= 2) return versioned_name("python" + parts[0] + "." + parts[1]);
    }
    return {};
}

void read_installed(const RootView& view, PythonView& python) {
    for (const std::string& site : python.site_packages) {
        for (const std::string& name : view.names_in(site)) {
            if (name.ends_with(".pth"))
                if (const auto text = view.text(site + "/" + name)) python.path_files.push_back(*text);
            const bool wheel = name.ends_with(".dist-info"), egg = name.ends_with(".egg-info");
            if (!wheel && !egg) continue;
            const auto text = view.text(site + "/" + name + (wheel ? "/METADATA" : "/PKG-INFO"));
            if (!text) continue;
            InstalledDistribution found = parse_metadata(*text);
            if (!found.name.empty()) python.distributions.push_back(std::move(found));
        }
    }
}

std::optional<PythonView> venv_at(const RootView& view, const std::string& root) {
    PythonView python;
    python.root = "/" + root;
    const auto interpreter = view.find(root + "/bin/python");
    if (!interpreter || !interpreter->is_executable()) return std::nullopt;
    python.interpreter = *interpreter;
    python.name = versioned_name(name_of(interpreter->path));
    if (python.name.empty()) python.name = name_from_settings(view.text(root + "/pyvenv.cfg").value_or(""));
    python.site_packages = {root + "/lib/" + python.name + "/site-packages"};
    read_installed(view, python);
    return python;
}

std::optional<PythonView> base_python(const RootView& view) {
    for (const char* path : {"usr/local/bin/python3", "usr/bin/python3", "opt/conda/bin/python3"}) {
        const auto interpreter = view.find(path);
        if (!interpreter || !interpreter->is_executable()) continue;
        PythonView python;
        python.interpreter = *interpreter;
        python.name = versioned_name(name_of(interpreter->path));
        const std::string prefix = std::string(path).substr(0, std::string(path).find("/bin/"));
        for (const std::string& library :
             {prefix + "/lib/" + python.name, "usr/local/lib/" + python.name, std::string("usr/lib/python3")})
            for (const char* folder : {"/site-packages", "/dist-packages"}) {
                const std::string site = library + folder;
                const auto& known = python.site_packages;
                if (view.find(site) && std::find(known.begin(), known.end(), site) == known.end())
                    python.site_packages.push_back(site);
            }
        read_installed(view, python);
        return python;
    }
    return std::nullopt;
}

}  // namespace

InstalledDistribution parse_metadata(std::string_view text) {
    InstalledDistribution out;
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) break;
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const std::string_view value = trim(line.substr(colon + 1));
        if (line.starts_with("Name:")) out.name = normalized_project(value);
        if (line.starts_with("Version:")) out.version = value;
        if (line.starts_with("Requires-Dist:")) out.requirements.emplace_back(value);
    }
    return out;
}

std::string PythonView::soabi_tag() const {
    if (!name.starts_with("python3.")) return {};
    return "cpython-3" + name.substr(8);
}

const InstalledDistribution* PythonView::find(std::string_view distribution) const {
    const auto found = std::find_if(distributions.begin(), distributions.end(),
                                    [&](const InstalledDistribution& d) { return d.name == distribution; });
    return found == distributions.end() ? nullptr : &*found;
}

bool PythonView::switches_on(std::string_view kernel) const {
    const std::string path = "/kernels/" + std::string(kernel) + "/active'";
    return std::any_of(path_files.begin(), path_files.end(),
                       [&](const std::string& text) { return text.find(path) != std::string::npos; });
}

std::vector<PythonView> pythons_of(const RootView& view) {
    std::vector<PythonView> out;
    constexpr std::string_view settings = "/pyvenv.cfg";
    for (const std::string& path : view.texts_ending_with(settings))
        if (auto python = venv_at(view, path.substr(0, path.size() - settings.size())))
            out.push_back(std::move(*python));
    if (out.empty())
        if (auto python = base_python(view)) out.push_back(std::move(*python));
    return out;
}

}  // namespace tmplbuild
