#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# generate.sh FOLDER: makes a git repository that builds as SageAttention does, and prints its commit (always the same
# for the same tree/). The names, variables and habits are upstream's, the code is ours: see tree/setup.py.
set -eu
folder=${1:?usage: generate.sh FOLDER}
[ ! -e "$folder" ] || { echo "generate.sh: $folder is there already" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"
cp -r "$here/tree/." "$folder"
find "$folder" -name __pycache__ -prune -exec rm -rf {} +
cd "$folder"
# No setting of the machine or the user may change the commit.
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null HOME=/nonexistent
export GIT_AUTHOR_NAME=fake GIT_AUTHOR_EMAIL=fake@example.org GIT_AUTHOR_DATE='1750000000 +0000'
export GIT_COMMITTER_NAME=fake GIT_COMMITTER_EMAIL=fake@example.org GIT_COMMITTER_DATE='1750000000 +0000'
git init -q -b main .
git add -A
git commit -q -m 'A tree that builds as SageAttention does'
git config uploadpack.allowAnySHA1InWant true  # as public hosts do: one commit is fetched by its id
git rev-parse HEAD
