# SPDX-License-Identifier: Apache-2.0
# Warnings, sanitizers and file names, for every target of ours.
add_library(tmplbuild_options INTERFACE)
target_compile_options(tmplbuild_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
  -Wcast-align -Wnull-dereference -Werror)
# A release's bytes say nothing of the folder that it was built in.
target_compile_options(tmplbuild_options INTERFACE $<$<CONFIG:Release>:-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12's flow warnings misfire inside Boost and libstdc++ at -O2 (GCC bugs 105562, 105329); the clang and
  # sanitizer presets cover what they look for.
  target_compile_options(tmplbuild_options INTERFACE
    -Wno-null-dereference -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-dangling-pointer)
endif()
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # A file of a unity build is included, so GCC takes it for a header, which must not keep a member of an unnamed type, and
  # its locals meet the other files' helpers. Built alone, as `dev` builds it, a file has to stand both.
  target_compile_options(tmplbuild_options INTERFACE -Wno-subobject-linkage -Wno-shadow)
endif()
if(TMPLBUILD_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Boost.Asio runs handlers between fences, which this sanitizer does not know; they are handed over by a mutex as well.
  target_compile_options(tmplbuild_options INTERFACE -Wno-tsan)
endif()
if(TMPLBUILD_SANITIZE)
  target_compile_options(tmplbuild_options INTERFACE -fsanitize=${TMPLBUILD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(tmplbuild_options INTERFACE -fsanitize=${TMPLBUILD_SANITIZE})
endif()
