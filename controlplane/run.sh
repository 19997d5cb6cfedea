#!/bin/sh
# Starts one of this folder's scripts: `sh controlplane/run.sh up --state DIR`. It works on a fresh clone: what is
# missing in node_modules is installed first. The script replaces this shell, so its process id and signals are the
# script's own. Standard output belongs to the script alone.
set -e
script="$1"
shift
cd "$(dirname "$0")/.."
node controlplane/bootstrap.mjs
node=node_modules/node/bin/node
[ -x "$node" ] || node=node
exec "$node" --import ./node_modules/tsx/dist/loader.mjs "controlplane/$script.ts" "$@"
