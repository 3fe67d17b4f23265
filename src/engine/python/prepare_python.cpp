// SPDX-License-Identifier: Apache-2.0
#include "engine/python/prepare_python.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "engine/python/venv_requirements.hpp"
#include "plan/compile_root.hpp"
#include "plan/variants.hpp"
#include "resolve/git.hpp"
#include "resolve/sdist.hpp"

namespace tmplbuild {

namespace {

using Texts = std::vector<std::string>;

// A requirement that allows exactly this locked distribution.
std::string line_of(const LockedDistribution& one) {
    if (one.source.empty() || SourceTree::parse(one.source)) return one.name + "==" + one.version;
    if (one.source.find("://") == std::string::npos) return one.name + " @ ./" + one.source;
    return one.name + " @ " + one.source + "#sha256=" + one.sha256.hex();
}

// The one Python 3 of each suite of Debian whose version is final.
const std::map<std::string, std::string>& debian_pythons() {
    static const std::map<std::string, std::string> known = {
        {"bullseye", "3.9"}, {"bookworm", "3.11"}, {"trixie", "3.13"}};
    return known;
}

std::string other_base_hint() {
    Texts suites;
    for (const auto& [suite, python] : debian_pythons()) suites.push_back(suite + " has " + python);
    return "leave 'python' out, or take a base that has it: of Debian's suites " + join(suites, ", ") +
           "; packages of other versions come from [[repositories]] by base.debian.packages, or a `layout` base brings "
           "one";
}

Error at_layer(Error error, const VenvRequest& request, const Template& tmpl) {
    for (const Layer& layer : tmpl.layers)
        if (std::get_if<PythonLayer>(&layer.body) == request.layers.front()) error.where = layer.pos;
    return error;
}

void append(Texts& out, const Texts& more) { out.insert(out.end(), more.begin(), more.end()); }

}  // namespace

void refuse_absent_interpreters(const Template& tmpl) {
    const DebianBase* debian = debian_base(tmpl);
    if (debian == nullptr || !tmpl.repositories.empty()) return;
    const auto found = debian_pythons().find(debian->suite);
    const std::string has = found == debian_pythons().end() ? "" : found->second;
    const Texts packages = base_packages(tmpl);
    for (const VenvRequest& request : venv_requests(tmpl)) {
        const std::string& asked = request.python();
        if (has.empty() || asked.empty() || asked.front() == '/' || asked == has) continue;
        const bool by_package = std::any_of(packages.begin(), packages.end(), [&](const std::string& package) {
            return package.starts_with("python" + asked);
        });
        if (by_package) continue;
        throw BuildError(at_layer(usage_error("the venv '" + request.venv + "' is to have the Python " + asked +
                                                  ", and Debian " + debian->suite + " has " + has,
                                              other_base_hint()),
                                  request, tmpl));
    }
}

void PythonLocker::refuse_wrong_requirements() const {
    for (const VenvRequest& request : venv_requests(tmpl_))
        (void)requirements_of(tmpl_, request, facts_, context_, true);
}

Error PythonLocker::no_interpreter(const VenvRequest& request) const {
    const BaseContract& contract = lock_.base->contract;
    const std::string asked = request.python();
    const std::string has =
        contract.python ? "the base's own is Python " + contract.python->version + " at " + contract.python->command
                        : "no python3 that works is on the image's PATH";
    Error error = asked.empty()
                      ? usage_error("the venv '" + request.venv + "' needs a Python in the base, and there is none")
                      : usage_error("the venv '" + request.venv + "' is to have the Python " + asked +
                                    ", which the base does not have: " + has);
    error.hint = debian_base(tmpl_) == nullptr ? "choose a base with it, or name where it lies: python = \"/path\""
                 : asked.empty()               ? "add \"python3-venv\" to base.debian.packages"
                                               : other_base_hint();
    return at_layer(std::move(error), request, tmpl_);
}

const std::vector<LockedDistribution>& PythonLocker::keep(const std::string& step, ResolvedPython resolved) {
    pending_.push_back({step, std::move(resolved)});
    return pending_.back().resolved.distributions;
}

void PythonLocker::resolve_venv(const VenvRequest& request, const LockedVenv* earlier, bool renew) {
    const BaseContract contract = lock_.base->contract.with_interpreter(request.python());
    if (!contract.python) throw BuildError(no_interpreter(request));
    context_.progress.started(request.step(), "resolving");
    PythonRequest ask{request.step(), requirements_of(tmpl_, request, facts_, context_), {}, {}, {}, {}};
    for (const PythonLayer* layer : request.layers) {
        ask.indexes.insert(ask.indexes.end(), layer->indexes.begin(), layer->indexes.end());
        if (layer->index_strategy) ask.index_strategy = layer->index_strategy;
        append(ask.build_requirements, layer->build_requirements);
    }
    if (earlier != nullptr) ask.grouped = earlier->distributions;
    if (earlier != nullptr && !renew) ask.earlier = earlier->distributions;
    ask.venvs = venv_requests(tmpl_).size();
    ResolvedPython resolved = resolve_python(ask, contract, context_).value();
    LockedVenv venv{request.venv, venv_request(request, contract, facts_), {}, {}, resolved.places, request.python()};
    ResolvedPython builders = resolve_builders(resolved, ask, contract, context_).value();
    venv.distributions = keep(request.step(), std::move(resolved));
    venv.builders = keep(request.step(), std::move(builders));
    lock_.venvs.push_back(std::move(venv));
}

// The venv's own places and its distributions as constraints, so that one process can use both.
PythonRequest PythonLocker::beside_venv(const KernelRequest& request, const LockedVenv* venv) const {
    PythonRequest ask;
    ask.step = request.step();
    if (venv == nullptr) return ask;
    ask.earlier = venv->distributions;
    for (const VenvRequest& other : venv_requests(tmpl_)) {
        if (other.venv != venv->venv) continue;
        ask.asked = requirements_of(tmpl_, other, facts_, context_);
        for (const PythonLayer* layer : other.layers) {
            ask.indexes.insert(ask.indexes.end(), layer->indexes.begin(), layer->indexes.end());
            if (layer->index_strategy) ask.index_strategy = layer->index_strategy;
        }
    }
    ask.asked.requirements.clear();
    ask.asked.constraints.clear();
    ask.asked.hash_checked.clear();
    ask.asked.no_binary.clear();
    return ask;
}

void PythonLocker::find_sdist(const KernelRequest& request, const LockedKernel* earlier) {
    const KernelRecipe& recipe = request.use->recipe;
    if (recipe.sdist_project.empty()) return;
    if (earlier != nullptr && earlier->sdist && earlier->sdist->name == recipe.sdist_project &&
        earlier->sdist->version == recipe.sdist_version) {
        sdists_[request.use->name] = *earlier->sdist;
        return;
    }
    context_.progress.started(request.step(), "looking for the sdist of its source");
    auto sdist = resolve_sdist(request.step(), recipe.sdist_project, recipe.sdist_version, context_);
    if (!sdist) {
        Error error = sdist.error();
        if (error.kind == ErrorKind::usage) error.where = request.use->pos;
        throw BuildError(std::move(error));
    }
    sdists_[request.use->name] = std::move(*sdist);
}

void PythonLocker::resolve_kernel(const KernelRequest& request) {
    const BaseContract contract = lock_.base->contract.with_interpreter(interpreter_for(*request.use, lock_));
    const auto refuse = [&](const std::string& what, const std::string& hint) {
        Error error = usage_error("the kernel '" + request.use->name + "' " + what, hint);
        error.where = request.use->pos;
        throw BuildError(std::move(error));
    };
    if (!contract.python && (!request.requirements.empty() || !request.fallback.empty()))
        refuse("takes Python packages, and the base has no Python", "add \"python3-minimal\" to base.debian.packages");
    context_.progress.started(request.step(), "resolving");
    const LockedVenv* venv = torch_venv(*request.use, lock_);
    LockedKernel locked{request.use->name, kernel_request(request, contract, lock_), {}, {}, {}};
    const auto resolve = [&](const Texts& requirements, bool tools_are_free) -> std::vector<LockedDistribution> {
        if (requirements.empty()) return {};
        PythonRequest ask = beside_venv(request, venv);
        const std::vector<LockedDistribution> none;
        Texts pins;
        for (const LockedDistribution& one : venv == nullptr ? none : venv->distributions)
            if (!tools_are_free || !is_build_tool(one.name)) pins.push_back(line_of(one));
        add_lines(ask.asked, request.step(), requirements, pins, tmpl_.directory).value();
        ResolvedPython resolved = resolve_wheels(ask, contract, context_).value();
        locked.places = resolved.places;
        const auto in_venv = [&](const LockedDistribution& one) {
            return venv != nullptr && std::any_of(venv->distributions.begin(), venv->distributions.end(),
                                                  [&](const LockedDistribution& other) {
                                                      return one.name == other.name && one.version == other.version;
                                                  });
        };
        // What the venv has is not installed a second time. For the requirements of a compile the lock keeps such
        // entries, since they say what the compile sees of the venv (plan/compile_root.hpp).
        if (!tools_are_free) std::erase_if(resolved.distributions, in_venv);
        for (const LockedDistribution& one : resolved.distributions)
            if (one.name == "torch" && !in_venv(one))
                refuse("would be compiled against torch " + one.version + ", which no venv of the image has",
                       "write needs_torch = true under [build] of its recipe: the compile then sees the venv's own");
        return keep(request.step(), std::move(resolved));
    };
    if (const auto sdist = sdists_.find(request.use->name); sdist != sdists_.end()) locked.sdist = sdist->second;
    locked.requirements = resolve(request.requirements, true);
    locked.fallback = resolve(request.fallback, false);
    lock_.kernels.push_back(std::move(locked));
}

// The compiler wheels do not depend on Python, but uv needs one in any case.
void PythonLocker::resolve_toolchain() {
    context_.progress.started("toolchain", "resolving");
    BaseContract contract = lock_.base->contract;
    if (!contract.python) contract.python = PythonFacts{"", "", "3.11.0", "cpython-311-x86_64-linux-gnu", "", ""};
    PythonRequest ask;
    ask.step = "toolchain";
    add_lines(ask.asked, ask.step, toolchain_requirements(tmpl_.targets.cuda), {}, tmpl_.directory).value();
    LockedToolchain toolchain{"cuda-wheels", tmpl_.targets.cuda, toolchain_request(tmpl_.targets.cuda), {}};
    ResolvedPython resolved = resolve_wheels(ask, contract, context_).value();
    std::erase_if(resolved.distributions,
                  [](const LockedDistribution& wheel) { return !wheel.name.starts_with("nvidia-"); });
    toolchain.wheels = keep("toolchain", std::move(resolved));
    lock_.toolchain = std::move(toolchain);
}

void PythonLocker::fetch() {
    for (Pending& one : pending_) fetch_resolved(one.step, one.resolved, context_).value();
    pending_.clear();
}

}  // namespace tmplbuild
