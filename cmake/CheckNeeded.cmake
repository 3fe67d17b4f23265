# SPDX-License-Identifier: Apache-2.0
# Fails a build whose PROGRAM needs a shared library that is not in ALLOWED; READELF reads it. Run after it is linked.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${READELF} -d ${PROGRAM} OUTPUT_VARIABLE dynamic COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "\\(NEEDED\\)[^\n]*\\[[^]\n]*" needed "${dynamic}")
foreach(one ${needed})
  string(REGEX REPLACE ".*\\[" "" library "${one}")
  if(NOT library IN_LIST ALLOWED)
    message(FATAL_ERROR "${PROGRAM} needs ${library}, which its bundle does not have")
  endif()
endforeach()
