// SPDX-License-Identifier: Apache-2.0
// What the layers of one venv ask for, read from the template, from files beside it and from commits. Files beside the
// template are read once, with the other local facts; the resolution sees what was read then, whatever they hold by
// now. Opens files beneath the template's folder alone; commits must be in the store.
#pragma once

#include "plan/requests.hpp"
#include "resolve/context.hpp"
#include "resolve/requirements_text.hpp"

namespace tmplbuild {

// All of it, or with `only_here` what needs no commit that the store lacks. After add_requirement_facts(). Throws
// BuildError with the line's place.
AskedPython requirements_of(const Template& tmpl, const VenvRequest& request, const LocalFacts& facts,
                            ResolveContext& context, bool only_here = false);

// Sets facts.requirements, and facts.requirement_files: of each commit's file its name, of each venv's step the digest
// of what lies beside the template (requirements files with all that they name, its own wheels). Throws as above.
void add_requirement_facts(const Template& tmpl, const Store& store, LocalFacts& facts);

}  // namespace tmplbuild
