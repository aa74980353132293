#!/usr/bin/env bash
# Plays the Dockerfile's packages by hand, pruned as there, and the run contract on them: proof that nothing the service needs was taken out.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp package.json package-lock.json .npmrc "$dir"
(cd "$dir" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund)
node scripts/prune-packages.mjs "$dir/node_modules"
IMAGE_PACKAGES="$dir/node_modules" npx jest test/run-contract
