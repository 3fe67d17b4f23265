// SPDX-License-Identifier: Apache-2.0
// What the layers of one venv ask for, read from the template, from files beside it and from commits. Used while
// planning, so that a wrong line is refused before a base is made, and for the resolution. Opens files beneath the
// template's folder alone; commits must be in the store.
#pragma once

#include "plan/requests.hpp"
#include "resolve/context.hpp"
#include "resolve/requirements_text.hpp"

namespace tmplbuild {

// All of it, or with `only_here` what needs no commit that the store lacks. Throws BuildError with the line's place.
AskedPython requirements_of(const Template& tmpl, const VenvRequest& request, ResolveContext& context,
                            bool only_here = false);

// Sets facts.requirement_files: of each commit's file its name, of each venv's step the digest of what lies beside the
// template (requirements files with all that they name, its own wheels). Throws as above.
void add_requirement_facts(const Template& tmpl, const Store& store, LocalFacts& facts);

}  // namespace tmplbuild
