# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# makes: base
# A fixture: the Debian base of the small template, alone in a store, from which it goes into the store that tests share.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
TMPLBUILD_CACHE=$base_store
mkdir -p "$base_store"
example "$work/a"
build "$work/a" >/dev/null
add_store "$base_store" "$shared_store"
