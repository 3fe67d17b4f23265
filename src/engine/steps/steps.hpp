// SPDX-License-Identifier: Apache-2.0
// One engine for each kind of step, each in a file of its own: it gets a spec and a context, and makes layers in the
// store. run_step.cpp calls them, and does not compile for a kind without an engine. An engine reads nothing but its
// spec, its context and the store; it throws nothing.
#pragma once

#include "engine/step_context.hpp"

namespace tmplbuild {

Result<StepOutput> build_step(const BaseSpec& spec, StepContext& context);
Result<StepOutput> build_step(const FilesSpec& spec, StepContext& context);
Result<StepOutput> build_step(const FetchSpec& spec, StepContext& context);
Result<StepOutput> build_step(const GitSpec& spec, StepContext& context);
Result<StepOutput> build_step(const AptSpec& spec, StepContext& context);
Result<StepOutput> build_step(const PythonSpec& spec, StepContext& context);
Result<StepOutput> build_step(const RunSpec& spec, StepContext& context);
Result<StepOutput> build_step(const KernelSpec& spec, StepContext& context);
Result<StepOutput> build_step(const KernelFilesSpec& spec, StepContext& context);
Result<StepOutput> build_step(const RuntimeSpec& spec, StepContext& context);
Result<StepOutput> build_step(const PodSpecStep& spec, StepContext& context);

}  // namespace tmplbuild
