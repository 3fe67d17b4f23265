// SPDX-License-Identifier: Apache-2.0
// uv as a resolver: which exact wheels and sdists a venv consists of, and their files in the store. The machine's own
// pip configuration (index, extra indexes, find-links, CA) says where to look, and so do a template and its
// requirements files. Used by the engine. Never installs anything, never runs a package's code, never stores a user or
// a password.
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
    std::vector<PythonIndex> indexes{};             // the template's, in addition to the machine's
    std::optional<IndexStrategy> index_strategy{};  // none: see `indexes` in docs/template-reference.md
    std::vector<LockedDistribution> earlier{};      // these are kept where they still fit
    std::vector<std::string> build_requirements{};  // PEP 508: what sources need for their build and do not declare
    std::vector<LockedDistribution> grouped{};      // their groups are kept, whatever becomes of their versions
    std::size_t venvs = 1;                          // of the image: they share its number of layers
};
// Adds lines of a recipe or of our own (requirement.hpp); paths count from `directory`. A wrong line is a usage error.
Result<void> add_lines(AskedPython& asked, const std::string& what, const std::vector<std::string>& requirements,
                       const std::vector<std::string>& constraints, const std::filesystem::path& directory);
// Whether a compile only runs it and is not linked against it (setuptools, ninja, cmake, …): the venv's version is
// taken where it fits, and any other one does no harm.
bool is_build_tool(const std::string& project);

struct ResolvedPython {
    std::vector<LockedDistribution> distributions;  // sorted by name; hashes and sizes are known
    LockedPlaces places;
    std::map<std::string, std::string> locations;  // by project, for fetch_resolved(); may hold passwords
    PipSettings settings;                          // with the request's own indexes added
};

// Checks that this machine has uv; called before a base is made, which takes minutes.
Result<void> find_resolver();
// One joint resolution for the contract's Python, glibc and platform. `pip` is always included, so that people can use
// the venv on a pod. Groups are assigned (grouping.hpp). Only files whose hash no index gives are fetched. Requirements
// that cannot be met, or whose hashes do not fit the files, are a usage error.
Result<ResolvedPython> resolve_python(const PythonRequest& request, const BaseContract& contract,
                                      ResolveContext& context);
// Resolves wheels only, no sdists, for use outside of any venv: without `pip` and groups; versions of `earlier` are
// taken where they fit.
Result<ResolvedPython> resolve_wheels(const PythonRequest& request, const BaseContract& contract,
                                      ResolveContext& context);
// Resolves the wheels (no sdists) that the builds of `venv`'s sdists need: build-system.requires of their
// pyproject.toml, setuptools and wheel where there is none, and the request's own. The venv's own versions are taken
// where they fit, and its torch is the only one allowed. The sdists are fetched. Empty where there are no sdists.
Result<ResolvedPython> resolve_builders(const ResolvedPython& venv, const PythonRequest& request,
                                        const BaseContract& contract, ResolveContext& context);
// Fetches all files into the store, from where the resolution found them.
Result<void> fetch_resolved(const std::string& step, ResolvedPython& resolved, ResolveContext& context);

// Fetches every wheel and sdist that the store lacks: by its own address or path beneath `folder`, from its commit,
// else by project and file name from the machine's indexes and `places`; each is checked against its hash. One that no
// place has any more is a network error that names it and `tmplbuild lock --update PART`. Progress names `step`.
Result<void> fetch_distributions(const std::string& step, const std::string& part,
                                 const std::vector<LockedDistribution>& distributions, const LockedPlaces& places,
                                 const ContextFolder& folder, ResolveContext& context);

}  // namespace tmplbuild
