# SPDX-License-Identifier: Apache-2.0
# tmplbuild-download with its own loader, libraries and certificates, so that it runs over any base, or none
# (docs/decisions/0026-downloads-are-a-process.md). C++'s own library and Boost are linked in; what remains is libcurl and what
# it needs in turn, as Debian's packages have them.
set(download_bundle ${CMAKE_BINARY_DIR}/libexec/download)
target_link_options(tmplbuild-download PRIVATE -static-libstdc++ -static-libgcc -s -Wl,--as-needed -Wl,--gc-sections)
set_target_properties(tmplbuild-download PROPERTIES SKIP_BUILD_RPATH ON)
# A room may be one object (preset ci): what reads archives would bring its libraries along.
if(CMAKE_UNITY_BUILD)
  set_target_properties(tmplbuild_io PROPERTIES UNITY_BUILD_MODE GROUP)
  file(GLOB io_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/io/*.cpp)
  foreach(source ${io_sources})
    get_filename_component(name ${source} NAME_WE)
    if(name MATCHES "^(http|address|certificates|this_program)")
      set_source_files_properties(${source} PROPERTIES UNITY_GROUP http)
    else()
      set_source_files_properties(${source} PROPERTIES UNITY_GROUP rest)
    endif()
  endforeach()
endif()
set_target_properties(tmplbuild-download PROPERTIES LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/BundleLibraries.cmake)
if(NOT TMPLBUILD_SANITIZE)
  add_custom_command(TARGET tmplbuild-download POST_BUILD VERBATIM
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:tmplbuild-download> -DFOLDER=${download_bundle}
            -P ${CMAKE_SOURCE_DIR}/cmake/BundleLibraries.cmake)
endif()
