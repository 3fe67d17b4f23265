// SPDX-License-Identifier: Apache-2.0
// The engines, one per kind of step, each in its own .cpp beside this file. build/run_step.cpp picks one by the spec.
#pragma once

#include "build/step_context.hpp"

namespace tmplbuild {

Result<StepOutput> build_base(const BaseSpec& spec, StepContext& context);
Result<StepOutput> build_files(const FilesSpec& spec, StepContext& context);
Result<StepOutput> build_fetch(const FetchSpec& spec, StepContext& context);
Result<StepOutput> build_git(const GitSpec& spec, StepContext& context);
Result<StepOutput> build_apt(const AptSpec& spec, StepContext& context);
Result<StepOutput> build_python(const PythonSpec& spec, StepContext& context);
Result<StepOutput> build_run(const RunSpec& spec, StepContext& context);
Result<StepOutput> build_kernel(const KernelSpec& spec, StepContext& context);
Result<StepOutput> build_runtime(const RuntimeSpec& spec, StepContext& context);
Result<StepOutput> build_pod(const PodSpecStep& spec, StepContext& context);

}  // namespace tmplbuild
