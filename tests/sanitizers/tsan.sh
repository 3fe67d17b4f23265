# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 10000
# serial: yes
# The unit tests of every room with ThreadSanitizer: the builder's threads, and the launcher's model, which has none.
. "${TMPLBUILD_SOURCE:?}/tests/sanitizers/lib.sh"
build tsan
export TSAN_OPTIONS="log_path=$reports/tsan:exitcode=99:second_deadlock_stack=1:suppressions=$source/tests/sanitizers/tsan.suppressions"
run tsan -L '^unit$'
