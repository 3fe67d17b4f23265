# SPDX-License-Identifier: Apache-2.0
# timeout: 120
# The worker of downloads, started by its bundle's loader as the console does, against a stand-in for Hugging Face and
# CivitAI: cuts, stalls, expired links, refusals, a full volume, a worker that is killed; what must not leave the pod, and
# what must not be called complete.
. "${TMPLBUILD_SOURCE:?}/tests/pid1/lib.sh"
need python3
bundle=$(realpath "$TMPLBUILD_BIN/../libexec/download")
set -- "$bundle/tmplbuild-download"
# A build with sanitizers has no bundle.
[ ! -e "$bundle/libc.so.6" ] || set -- "$bundle/ld-linux-x86-64.so.2" --inhibit-cache --library-path "$bundle" "$@"
mkdir "$work/downloads"
python3 -B "$TMPLBUILD_SOURCE/tests/download/check.py" "$work/downloads" "$@" || fail "see above"
