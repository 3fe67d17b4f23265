// SPDX-License-Identifier: Apache-2.0
#include "template/check.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "podspec/needs.hpp"
#include "template/layer_traits.hpp"

namespace tmplbuild {

static std::string nearest_or_known(const std::string& wrong, const std::vector<std::string>& names,
                                    const std::string& none) {
    if (names.empty()) return none;
    const std::string nearest = did_you_mean(wrong, names);
    return nearest.empty() ? "known: " + join(names, ", ") : nearest;
}

static void check_layers(const Template& tmpl, Report& report) {
    std::vector<std::string> all, above;
    for (const Layer& layer : tmpl.layers) all.push_back(layer.name);
    for (const Layer& layer : tmpl.layers) {
        if (std::find(above.begin(), above.end(), layer.name) != above.end())
            report.error(layer.pos, "two layers are named '" + layer.name + "'", "give one of them another 'name'");
        for (const auto& name : traits_of(layer).after) {
            if (std::find(above.begin(), above.end(), name) != above.end()) continue;
            const bool later = std::find(all.begin(), all.end(), name) != all.end();
            if (later)
                report.error(layer.pos,
                             "layer '" + layer.name + "' is to run after '" + name + "', which does not stand above it",
                             "layers stand on those written above them; move it up");
            else
                report.error(layer.pos,
                             "layer '" + layer.name + "' is to run after '" + name + "', which does not exist",
                             nearest_or_known(name, above, "no layer stands above it"));
        }
        if (const auto* python = std::get_if<PythonLayer>(&layer.body)) {
            for (const Layer& other : tmpl.layers) {
                const auto* same = std::get_if<PythonLayer>(&other.body);
                if (&other == &layer) break;
                if (same != nullptr && same->venv == python->venv && same->python != python->python)
                    report.error(layer.pos, "the venv '" + python->venv + "' is to have two interpreters",
                                 "write the same 'python' in each layer of one venv");
            }
            for (const auto& from : python->requirements_from) {
                const std::string name = from.substr(0, from.find(':'));
                std::vector<std::string> sources;
                for (const Layer& other : tmpl.layers)
                    if (traits_of(other).has_known_files()) sources.push_back(other.name);
                if (std::find(sources.begin(), sources.end(), name) == sources.end())
                    report.error(
                        layer.pos, "'requirements_from' names '" + name + "', which is no `git` or `files` layer",
                        nearest_or_known(name, sources, "add one: use = \"files\", source = \"requirements.txt\""));
            }
        }
        above.push_back(layer.name);
    }
}

static void check_repositories(const Template& tmpl, Report& report) {
    std::set<std::string> seen;
    for (const Repository& repository : tmpl.repositories)
        if (!repository.name.empty() && !seen.insert(repository.name).second)
            report.error(repository.pos, "two repositories are named '" + repository.name + "'",
                         "give one of them another 'name'");
}

static void check_kernels(const Template& tmpl, Report& report) {
    std::set<std::string> seen;
    std::map<std::string, std::string> packages;  // what pip would list of a kernel → the kernel
    std::vector<std::string> venvs;
    for (const Layer& layer : tmpl.layers)
        if (const auto* python = std::get_if<PythonLayer>(&layer.body)) venvs.push_back(python->venv);
    for (const KernelUse& kernel : tmpl.kernels) {
        if (!seen.insert(kernel.name).second)
            report.error(kernel.pos, "two kernels are named '" + kernel.name + "'", "remove one");
        const auto [other, fresh] = packages.emplace(normalized_project(kernel.recipe.python_package), kernel.name);
        if (!fresh && other->second != kernel.name)
            report.error(kernel.pos,
                         "the kernels '" + other->second + "' and '" + kernel.name + "' are both the distribution '" +
                             kernel.recipe.python_package + "', and Python would see one of them",
                         "give one another [python] package, or remove it");
        for (const std::string& venv : kernel.venvs)
            if (std::find(venvs.begin(), venvs.end(), venv) == venvs.end())
                report.error(
                    kernel.pos,
                    "the kernel '" + kernel.name + "' belongs to the venv '" + venv + "', which does not exist",
                    nearest_or_known(venv, venvs, "the template has no 'python' layer"));
    }
}

static void check_references(const Template& tmpl, Report& report) {
    std::vector<std::string> services, kernels;
    for (const auto& [service, pos] : tmpl.services) services.push_back(service.name);
    for (const KernelUse& kernel : tmpl.kernels) kernels.push_back(kernel.name);
    kernels.insert(kernels.end(), tmpl.kernels_off.begin(), tmpl.kernels_off.end());
    for (const auto& [service, pos] : tmpl.services) {
        for (const auto& need : service.needs)
            if (std::find(services.begin(), services.end(), need) == services.end())
                report.error(pos, "service '" + service.name + "' needs '" + need + "', which does not exist",
                             nearest_or_known(need, services, ""));
        for (const auto& kernel : service.uses_kernels)
            if (std::find(kernels.begin(), kernels.end(), kernel) == kernels.end())
                report.error(pos,
                             "service '" + service.name + "' uses the kernel '" + kernel + "', which does not exist",
                             nearest_or_known(kernel, kernels, "the template has no [[kernels]]"));
    }
}

static void check_ports(const Template& tmpl, Report& report) {
    std::map<std::uint16_t, std::string> owners;
    std::set<std::string> names;
    if (tmpl.console) owners[tmpl.console_port] = "the console";
    for (const auto& [service, pos] : tmpl.services) {
        if (!names.insert(service.name).second)
            report.error(pos, "two services are named '" + service.name + "'", "give one of them another 'name'");
        if (service.port == 0) continue;
        const auto [owner, fresh] = owners.emplace(service.port, "service '" + service.name + "'");
        if (!fresh)
            report.error(pos,
                         "port " + std::to_string(service.port) + " of service '" + service.name + "' is used by " +
                             owner->second,
                         owner->second == "the console" ? "give the service another port, or move the console's: "
                                                          "[console] port = …"
                                                        : "each service needs a port of its own");
    }
}

// Without the console nothing would stand between these services and everybody who knows the pod's address.
static void check_public(const Template& tmpl, Report& report) {
    if (tmpl.console) return;
    for (const auto& [service, pos] : tmpl.services)
        if (service.port != 0 && !service.is_public)
            report.error(
                pos,
                "service '" + service.name + "' has a port and no login before it, since [console] is switched off",
                "write public = true if everybody may reach it or it has a login of its own, or remove "
                "[console] enabled = false");
}

static void check_circles(const Template& tmpl, Report& report) {
    std::vector<const pod::Service*> services;
    for (const auto& entry : tmpl.services) services.push_back(&entry.service);
    for (const auto& circle : pod::circles_of_needs(services)) {
        const auto first = std::find_if(tmpl.services.begin(), tmpl.services.end(), [&](const TemplateService& entry) {
            return entry.service.name == circle.front();
        });
        report.error(first->pos, "services need each other in a circle: " + join(circle, " -> "),
                     "remove one of these 'needs'");
    }
}

void check_template(const Template& tmpl, Report& report) {
    check_layers(tmpl, report);
    check_repositories(tmpl, report);
    check_kernels(tmpl, report);
    check_references(tmpl, report);
    check_ports(tmpl, report);
    check_public(tmpl, report);
    check_circles(tmpl, report);
}

}  // namespace tmplbuild
