# SPDX-License-Identifier: Apache-2.0
# timeout: 1500
# INSTALL_ATTENTION=background, with every answer of the probe, and a word that is no mode: the rows of kernel_modes.table.
# Arguments choose rows: "MIG" "no GPU".
. "${TMPLBUILD_SOURCE:?}/tests/pid1/kernel_modes_lib.sh"
run_mode background "$@"
[ $# = 0 ] || exit 0
run_mode perhaps
until_log "INSTALL_ATTENTION='perhaps' is not background, true or false; 'background' is used"
