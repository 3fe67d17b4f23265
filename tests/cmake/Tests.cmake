# SPDX-License-Identifier: Apache-2.0
add_library(test_main STATIC unit/support/test_main.cpp)
target_include_directories(test_main PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/unit)
# Its flags are those with which style.alone compiles the headers of unit/support/.
target_include_directories(test_main PRIVATE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(test_main PRIVATE TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}")
target_compile_features(test_main PRIVATE cxx_std_20)

# In a unity build, what nearly every unit test includes is compiled once, by the first program, for all. The tests are not
# put together as the rooms are: each file may have helpers of any name. Nor are they optimized, which takes longer than
# they run.
function(tmplbuild_share_headers target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)
  target_compile_options(${target} PRIVATE -O0)
  if(TARGET test_base AND NOT target STREQUAL "test_base")
    target_precompile_headers(${target} REUSE_FROM test_base)
  else()
    target_precompile_headers(${target} PRIVATE
      <support/catch.hpp> <algorithm> <filesystem> <fstream> <map> <optional> <sstream> <string> <vector>
      <base/json.hpp> <io/process.hpp> <sys/file.hpp>)
  endif()
endfunction()

# unit/<room>/*.cpp → one program test_<room>; ctest runs it whole (a program of unit tests takes milliseconds to start).
function(tmplbuild_unit_tests room)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/unit/${room}/*.cpp)
  if(NOT sources OR NOT TARGET tmplbuild_${room})
    return()
  endif()
  add_executable(test_${room} ${sources})
  target_link_libraries(test_${room} PRIVATE tmplbuild::${room} tmplbuild::pack test_main tmplbuild_options)
  target_compile_definitions(test_${room} PRIVATE
    TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}" PROJECT_ROOT="${CMAKE_SOURCE_DIR}" BUILD_ROOT="${CMAKE_BINARY_DIR}")
  if(CMAKE_UNITY_BUILD)
    tmplbuild_share_headers(test_${room})
  endif()
  add_test(NAME unit.${room} COMMAND test_${room})
  set_tests_properties(unit.${room} PROPERTIES LABELS unit TIMEOUT 600)
endfunction()

# What the first lines of a script say of it: the words behind `# <key>: `, as a list; empty when it says nothing.
function(tmplbuild_script_says out script key)
  file(STRINGS ${script} lines LIMIT_COUNT 20 REGEX "^# ${key}: ")
  string(REGEX REPLACE "^# ${key}: " "" words "${lines}")
  separate_arguments(words)
  set(${out} ${words} PARENT_SCOPE)
endfunction()

# <kind>/*.sh → one ctest entry each. A first comment block may say:
#   label: slow       not a part of `scripts/test`
#   timeout: SECONDS  300 when left out; who may take long starts early
#   needs: FIXTURE…   `uv`, or what another script makes; who reads e2e/lib.sh needs `base`
#   makes: FIXTURE    it is a fixture: run before all that need it
#   serial: yes       it measures, or changes something of the whole machine: nothing runs beside it
#   processors: N     of the places that ctest -j gives out; 2 for e2e (builds use every core), 1 for what mostly waits
# Exit code 77 is a skip, with the reason printed.
function(tmplbuild_script_tests kind)
  file(GLOB scripts CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${kind}/*.sh)
  foreach(script ${scripts})
    get_filename_component(name ${script} NAME_WE)
    if(name MATCHES "^(.*_)?lib$")
      continue()
    endif()
    foreach(key label timeout needs makes serial processors)
      tmplbuild_script_says(${key} ${script} ${key})
    endforeach()
    if(NOT timeout)
      set(timeout 300)
    endif()
    if(NOT processors)
      set(processors 1)
      if(kind STREQUAL "e2e")
        set(processors 2)
      endif()
    endif()
    if(kind STREQUAL "e2e")
      list(APPEND needs uv nginx)
      file(STRINGS ${script} builds LIMIT_COUNT 1 REGEX "tests/e2e/lib.sh")
      if(builds AND NOT makes STREQUAL "base")
        list(APPEND needs base)
      endif()
    endif()
    add_test(NAME ${kind}.${name} COMMAND bash ${script})
    set_tests_properties(${kind}.${name} PROPERTIES LABELS "${kind};${label}" TIMEOUT ${timeout} SKIP_RETURN_CODE 77
      COST ${timeout} PROCESSORS ${processors} FIXTURES_REQUIRED "${needs}" FIXTURES_SETUP "${makes}"
      ENVIRONMENT "TMPLBUILD_BIN=${CMAKE_BINARY_DIR}/bin;TMPLBUILD_SOURCE=${CMAKE_SOURCE_DIR}")
    if(serial)
      set_tests_properties(${kind}.${name} PROPERTIES RUN_SERIAL ON)
    endif()
  endforeach()
endfunction()
