// SPDX-License-Identifier: Apache-2.0
// One engine per kind of step: a spec and a context in, layers in the store out. Run by run_step.cpp. An engine reads
// nothing but its spec, its context and the store; it throws nothing.
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
Result<StepOutput> build_kernel_files(const KernelFilesSpec& spec, StepContext& context);
Result<StepOutput> build_runtime(const RuntimeSpec& spec, StepContext& context);
Result<StepOutput> build_pod(const PodSpecStep& spec, StepContext& context);

}  // namespace tmplbuild
