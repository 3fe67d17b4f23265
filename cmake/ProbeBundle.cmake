# SPDX-License-Identifier: Apache-2.0
# gpu-probe with its own loader and C library, so that it runs over any base, or none, and can load the host's driver
# (docs/decisions/0010-probe-bundle.md). C++'s own library is linked in; what remains is glibc's.
set(probe_bundle ${CMAKE_BINARY_DIR}/libexec/gpu)
target_link_options(gpu-probe PRIVATE -static-libstdc++ -static-libgcc -s -Wl,--as-needed -Wl,--gc-sections)
# No library of ours or of the base's is in the bundle, so what rooms of src use is linked in from archives: a folder with
# nothing else is searched first.
set(archives ${CMAKE_BINARY_DIR}/probe-archives)
file(MAKE_DIRECTORY ${archives})
foreach(name crypto zstd lz4)
  find_library(archive_${name} lib${name}.a REQUIRED)
  file(CREATE_LINK ${archive_${name}} ${archives}/lib${name}.a SYMBOLIC)
endforeach()
target_link_directories(gpu-probe BEFORE PRIVATE ${archives})
set_target_properties(gpu-probe PROPERTIES SKIP_BUILD_RPATH ON)
# A room may be one object (preset ci), of which the probe needs little: the linker drops the rest by functions.
foreach(room base sys podspec kernel gpu gpuprobe)
  target_compile_options(tmplbuild_${room} PRIVATE -ffunction-sections -fdata-sections)
endforeach()
set(bundle_libraries ld-linux-x86-64.so.2 libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1)
if(NOT TMPLBUILD_SANITIZE)
  add_custom_command(TARGET gpu-probe POST_BUILD VERBATIM
    COMMAND ${CMAKE_COMMAND} -DREADELF=${CMAKE_READELF} -DPROGRAM=$<TARGET_FILE:gpu-probe> "-DALLOWED=${bundle_libraries}"
            -P ${CMAKE_SOURCE_DIR}/cmake/CheckNeeded.cmake)
endif()
set(bundle_files)
foreach(file ${bundle_libraries})
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=${file} OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT IS_ABSOLUTE "${found}")
    message(FATAL_ERROR "the compiler knows no ${file}: the probe's bundle needs glibc's own files")
  endif()
  get_filename_component(real ${found} REALPATH)
  add_custom_command(OUTPUT ${probe_bundle}/${file} COMMAND ${CMAKE_COMMAND} -E copy ${real} ${probe_bundle}/${file}
                     DEPENDS ${real} VERBATIM)
  list(APPEND bundle_files ${probe_bundle}/${file})
endforeach()
add_custom_target(probe-bundle ALL DEPENDS ${bundle_files})
