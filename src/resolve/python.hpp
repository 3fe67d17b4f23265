// SPDX-License-Identifier: Apache-2.0
// uv as a resolver: which exact wheels and sdists a venv is made of, and their files in the store. The machine's own
// pip configuration (index, extra indexes, find-links, CA) says where to look, and so do a template and its
// requirements files. Never installs anything, never runs a package's code, never writes a user or a password down.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "resolve/base_contract.hpp"
#include "resolve/context.hpp"
#include "resolve/lock.hpp"
#include "resolve/pip_settings.hpp"
#include "resolve/requirements_text.hpp"
#include "template/template.hpp"

namespace tmplbuild {

struct PythonRequest {
    std::string step;  // for progress and messages: "python:venv"
    AskedPython asked;
    std::vector<PythonIndex> indexes{};             // the template's, beside the machine's
    std::optional<IndexStrategy> index_strategy{};  // none: see `indexes` in docs/template-reference.md
    std::vector<LockedDistribution> earlier{};      // kept where they still fit; their groups stay
    std::vector<std::string> build_requirements{};  // PEP 508: what sources need to be built and do not say
};
// Adds lines of a recipe or of our own (requirement.hpp); paths start at `directory`. A wrong one is a usage error.
Result<void> add_lines(AskedPython& asked, const std::string& what, const std::vector<std::string>& requirements,
                       const std::vector<std::string>& constraints, const std::filesystem::path& directory);
// What a compile imports without being linked against it (setuptools, ninja, cmake, …): the venv's version is taken
// where it fits, and any other does no harm.
bool is_build_tool(const std::string& project);

struct ResolvedPython {
    std::vector<LockedDistribution> distributions;  // sorted by name; hashes and sizes are known
    LockedPlaces places;
    std::map<std::string, std::string> locations;  // by project, for fetch_resolved(); may hold passwords
    PipSettings settings;                          // with the request's own indexes
};

// Whether uv is on this machine: asked before minutes go into a base.
Result<void> find_resolver();
// One joint resolution for the contract's Python, glibc and platform, `pip` always among it, so that a venv can be used
// by hand on a pod. Groups assigned (grouping.hpp). Only files whose hash no index tells are fetched. Requirements that
// cannot be met, or whose hashes are not those of the files: a usage error.
Result<ResolvedPython> resolve_python(const PythonRequest& request, const BaseContract& contract,
                                      ResolveContext& context);
// Wheels alone, never sdists, for something beside any venv: no `pip` among them, no groups; versions of `earlier` are
// taken where they fit.
Result<ResolvedPython> resolve_wheels(const PythonRequest& request, const BaseContract& contract,
                                      ResolveContext& context);
// The wheels (never sdists) of what turns the sdists of `venv` into wheels: their pyproject.toml's
// build-system.requires, setuptools and wheel where there is none, and the request's own. They are the venv's own where
// they fit, and its torch is the only one. The sdists are fetched. Empty for no sdists.
Result<ResolvedPython> resolve_builders(const ResolvedPython& venv, const PythonRequest& request,
                                        const BaseContract& contract, ResolveContext& context);
// All files into the store, from where the resolution saw them.
Result<void> fetch_resolved(const std::string& step, ResolvedPython& resolved, ResolveContext& context);

// Every wheel and sdist that the store lacks: by its own address or path beneath `folder`, from its commit, else by
// project and file name on the machine's indexes and on `places`; checked against its hash. One that nobody has any
// more: a network error that names it and `tmplbuild lock --update PART`. `step` is what progress names.
Result<void> fetch_distributions(const std::string& step, const std::string& part,
                                 const std::vector<LockedDistribution>& distributions, const LockedPlaces& places,
                                 const ContextFolder& folder, ResolveContext& context);

}  // namespace tmplbuild
