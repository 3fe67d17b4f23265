# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# An unchanged template builds nothing; a changed file changes one layer; a changed service the last one alone.
. "${TMPLBUILD_SOURCE:?}/tests/e2e/lib.sh"
example "$work/a"
first=$(build "$work/a")
layers "$work/a" >"$work/first"
second=$(build "$work/a")
[ "$first" = "$second" ] || fail "an unchanged template gave another image"
! grep -q ': built' "$work/a/log" || fail "an unchanged template built something"

echo more >"$work/a/site/more.html"
build "$work/a" >/dev/null
layers "$work/a" >"$work/second"
[ "$(diff "$work/first" "$work/second" | grep -c '^>')" = 1 ] || fail "a changed file moved more than its layer"
"$tmplbuild" explain "$work/a/template.toml" files:site | grep -q "in the store" || fail "explain"
echo again >"$work/a/site/more.html"
"$tmplbuild" explain "$work/a/template.toml" files:site | grep -q "'content' differs" || fail "explain does not name the input"
"$tmplbuild" plan "$work/a/template.toml" | grep -q "^files:site *miss.*content changed" || fail "plan does not say why"

build "$work/a" >/dev/null
layers "$work/a" >"$work/third"
sed -i 's/^ready = .*/ready = { tcp = true }/' "$work/a/template.toml"
build "$work/a" >/dev/null
layers "$work/a" >"$work/fourth"
[ "$(diff "$work/third" "$work/fourth" | grep -c '^>')" = 1 ] || fail "a changed service moved more than the last layer"
[ "$(tail -n 1 "$work/third")" != "$(tail -n 1 "$work/fourth")" ] || fail "the last layer did not change"

# The template's whole folder as a source: the output and the lock in it are no part of it, for `plan` as well.
printf '[[layers]]\nuse = "files"\nname = "whole"\nsource = "."\ndest = "/opt/whole"\nexclude = ["log", "said"]\n' >>"$work/a/template.toml"
build "$work/a" >/dev/null
build "$work/a" --metadata-file "$work/a/metadata.json" >/dev/null
! grep -q ': built' "$work/a/log" || fail "an image holds what the build before it wrote: $(grep ': built' "$work/a/log")"
"$tmplbuild" plan "$work/a/template.toml" | grep -q "^files:whole *hit" || fail "plan does not know the outputs: $("$tmplbuild" plan "$work/a/template.toml")"
