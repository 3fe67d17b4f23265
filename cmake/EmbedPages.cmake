# SPDX-License-Identifier: Apache-2.0
# tmplbuild::pages: the console's pages as bytes in one library (runtime/console/pages/embedded.hpp). The pages' sources are
# plain HTML, CSS and JavaScript; a changed, new or removed one makes the library anew.
find_program(PYTHON3 python3 REQUIRED)
set(pages_folder ${CMAKE_SOURCE_DIR}/runtime/console/pages)
set(pages_source ${CMAKE_BINARY_DIR}/generated/console_pages.cpp)
file(GLOB_RECURSE page_files CONFIGURE_DEPENDS
  ${pages_folder}/*.html ${pages_folder}/*.css ${pages_folder}/*.js ${pages_folder}/*.svg)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/generated)
add_custom_command(OUTPUT ${pages_source}
  COMMAND ${PYTHON3} ${CMAKE_SOURCE_DIR}/cmake/embed_pages.py ${pages_folder} ${pages_source}
  DEPENDS ${CMAKE_SOURCE_DIR}/cmake/embed_pages.py ${page_files} VERBATIM)
add_library(tmplbuild_pages STATIC ${pages_source})
target_include_directories(tmplbuild_pages PUBLIC ${CMAKE_SOURCE_DIR}/runtime)
target_link_libraries(tmplbuild_pages PRIVATE tmplbuild_options)
add_library(tmplbuild::pages ALIAS tmplbuild_pages)
# The room of the web program holds the pages: whoever links it, has them.
target_link_libraries(tmplbuild_console PUBLIC tmplbuild::pages)
