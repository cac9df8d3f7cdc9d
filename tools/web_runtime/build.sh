#!/bin/sh
# Makes the part of TensorFlow.js that pages load: one file, from packages that the lock beside this script pins.
# build.sh FILE; without FILE the one that ships. A test sees to it that both are the same.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-$here/../../stdlib/mlpc_stdlib/runtime/web/assets/tensorflow.js}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/package.json" "$here/package-lock.json" "$here/tfjs.js" "$work"
cd "$work"
npm ci --ignore-scripts --no-audit --no-fund --silent
version=$(node -p 'require("@tensorflow/tfjs-core/package.json").version')
node_modules/.bin/esbuild tfjs.js --bundle --minify --format=esm --target=es2022 --charset=ascii --legal-comments=none \
  --log-level=warning --outfile=made.js \
  --banner:js="/*! TensorFlow.js $version: core, converter and CPU backend. Copyright Google LLC. Apache License 2.0, http://www.apache.org/licenses/LICENSE-2.0 */"
mv made.js "$target"
