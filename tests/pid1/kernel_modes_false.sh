# SPDX-License-Identifier: Apache-2.0
# timeout: 1500
# INSTALL_ATTENTION=false, with every answer of the probe: the rows of kernel_modes.table. Arguments choose rows: "MIG" "no GPU".
. "${TMPLBUILD_SOURCE:?}/tests/pid1/kernel_modes_lib.sh"
run_mode false "$@"
