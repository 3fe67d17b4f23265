# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# Those rows of kernel_modes.table that cross into other processes, as pods; unit/supervisor/kernel_modes_test plays every row.
# With arguments, the rows of a mode: `kernel_modes.sh true "two kinds" MIG`, `kernel_modes.sh background` (all of it).
. "${TMPLBUILD_SOURCE:?}/tests/pid1/kernel_modes_lib.sh"
if [ $# -gt 0 ]; then
    run_mode "$@"
    exit 0
fi
# A helper puts the variant in place; the job compiles beside a service that is asked whether it is idle, and before one that
# waits. A probe that hangs until it is ended, that cannot be executed, and whose output is nothing.
run_mode background match mismatch hangs "probe is missing" "probe's garbage"
run_mode true mismatch
# The launcher's own variable: off, with a helper that takes away what an earlier life left; and a word that is no mode.
run_mode false match
run_mode perhaps match
until_log "INSTALL_ATTENTION='perhaps' is not background, true, prebuilt or off; 'background' is used"
