// SPDX-License-Identifier: Apache-2.0
// A library of NVIDIA's driver, found and opened as a program of the pod would find it. Each one is opened in a child
// of its own. Never closes one, since drivers do not survive that. Used by the probe's sources.
#pragma once

#include <string>

namespace tmplbuild::gpu {

class DriverLibrary {
  public:
    // `variable` may name another file, which then is the only one tried: TMPLBUILD_LIBCUDA, TMPLBUILD_LIBNVML.
    DriverLibrary(const char* soname, const char* variable);
    bool is_open() const { return handle_ != nullptr; }
    // Where the library is missing: the reason in the loader's words, and a sentence that says what it means.
    const std::string& problem() const { return problem_; }
    std::string describe_problem() const;
    // Whether the library declares that it is a stand-in for a driver.
    bool simulated() const { return symbol("tmplbuild_simulated_driver") != nullptr; }
    template <class Function>
    Function* find(const char* name) const {
        return reinterpret_cast<Function*>(symbol(name));
    }

  private:
    void* symbol(const char* name) const;
    void* handle_ = nullptr;
    std::string soname_, problem_;
};

// Turns dlerror(3)'s text about a library into words for people: a library that is in no folder means that there is no
// driver.
std::string describe_missing(const std::string& soname, const std::string& loader_text);

}  // namespace tmplbuild::gpu
