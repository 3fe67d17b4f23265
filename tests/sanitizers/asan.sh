# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 10000
# serial: yes
# The unit tests of every room, and the launcher as PID 1, with AddressSanitizer, LeakSanitizer and
# UndefinedBehaviorSanitizer.
. "${TMPLBUILD_SOURCE:?}/tests/sanitizers/lib.sh"
build asan
export ASAN_OPTIONS="log_path=$reports/asan:exitcode=99:detect_stack_use_after_return=1:strict_string_checks=1"
export UBSAN_OPTIONS="log_path=$reports/ubsan:print_stacktrace=1"
export TMPLBUILD_SANITIZED=1 # limits of memory do not hold for it
# Left out: where the GPU probe runs with a loader of its own, or programs in other roots, the sanitizer's library is not.
run asan -L '^(unit|pid1)$' -LE slow -E '^pid1\.(gpu_probe|other_bases|kernel_.*)$'
