#!/bin/sh
# Makes the layout library of `mlpc graph`: one file, from packages that the lock beside this script pins.
# build.sh FILE; without FILE the one that ships. A test sees to it that both are the same.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-$here/../../compiler/mlpc_cli/pages/assets/dagre.js}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/package.json" "$here/package-lock.json" "$here/layout.js" "$work"
cd "$work"
npm ci --ignore-scripts --no-audit --no-fund --silent
{
  printf '/*! dagre %s\n' "$(node -p 'require("@dagrejs/dagre/package.json").version')"
  cat node_modules/@dagrejs/dagre/LICENSE
  echo '*/'
} > made.js
node_modules/.bin/esbuild layout.js --bundle --minify --format=iife --target=es2020 --charset=ascii --legal-comments=none \
  --log-level=warning >> made.js
mv made.js "$target"
