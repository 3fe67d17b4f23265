// SPDX-License-Identifier: Apache-2.0
// The requirements of one venv's layers, read from the template, from files beside it and from commits. Used with the
// local facts and for the resolution. Files beside the template are read once, with the local facts; the resolution
// uses what was read then, even if the files have changed. Opens files beneath the template's folder alone; commits
// must be in the store.
#pragma once

#include "plan/requests.hpp"
#include "resolve/context.hpp"
#include "resolve/requirements_text.hpp"

namespace tmplbuild {

// All requirements; with `only_here`, those that need no commit which the store lacks. To be called after
// add_requirement_facts(). Throws BuildError with the line's place.
AskedPython requirements_of(const Template& tmpl, const VenvRequest& request, const LocalFacts& facts,
                            ResolveContext& context, bool only_here = false);

// Sets facts.requirements, and facts.requirement_files: for a file of a commit its name, for a venv's step the digest
// of what lies beside the template (requirements files with everything that they name, its own wheels). Throws
// BuildError with the line's place.
void add_requirement_facts(const Template& tmpl, const Store& store, LocalFacts& facts);

}  // namespace tmplbuild
