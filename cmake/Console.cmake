# SPDX-License-Identifier: Apache-2.0
# The console's folders are compiled one by one in a unity build: those without Boost.Asio take no part of its time.
if(CMAKE_UNITY_BUILD)
  set_target_properties(tmplbuild_console PROPERTIES UNITY_BUILD_MODE GROUP)
  foreach(folder policy access pod web worker files models)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/runtime/console/${folder}/*.cpp)
    set_source_files_properties(${sources} PROPERTIES UNITY_GROUP ${folder})
  endforeach()
endif()
# Asio without what nobody uses here.
target_compile_definitions(tmplbuild_console PUBLIC BOOST_ASIO_NO_DEPRECATED)

# The API's description, as the program serves it.
set(open_api ${CMAKE_SOURCE_DIR}/schema/console.openapi.json)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${open_api})
file(READ ${open_api} OPEN_API)
configure_file(${CMAKE_SOURCE_DIR}/cmake/open_api.cpp.in ${CMAKE_BINARY_DIR}/generated/open_api.cpp @ONLY)

# Static: no name is looked up and nothing is loaded at run time, so one file runs over any base.
tmplbuild_program(tmplbuild-console FROM runtime/console/main.cpp LINK tmplbuild::console tmplbuild::pages STATIC IN libexec/console)
target_sources(tmplbuild-console PRIVATE ${CMAKE_BINARY_DIR}/generated/open_api.cpp)
target_compile_definitions(tmplbuild-console PRIVATE TMPLBUILD_VERSION="tmplbuild ${PROJECT_VERSION}")
