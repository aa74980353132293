#!/usr/bin/env bash
# The app package, read by the Microsoft 365 Agents Toolkit's own validator (no sign-in): scripts/check/app-package.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/tools/places.sh
. scripts/tools/places.sh
atk=$tools/atk-$atk_version/node_modules/.bin/atk
[[ -x $atk ]] || skip "The app package is not read by the Agents Toolkit" atk

# A copy, since the toolkit writes into the files that it reads; the publisher's fields are for the admin to fill in.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r appPackage env teamsapp.yml infra "$copy"
sed -i -E 's|^DEVELOPER_NAME=$|DEVELOPER_NAME=Example|; s|^(DEVELOPER_\w+_URL)=$|\1=https://example.com|
  s|^(TEAMS_APP_ID\|BOT_ID\|BOT_TENANT_ID)=$|\1=3f0f9d3a-6d5b-4a53-8d5e-1b5f5a4f2c11|' "$copy/env/.env.dev"
cd "$copy"
"$atk" validate --manifest-file ./appPackage/manifest.json --env dev -i false --telemetry false | tee said
# It says what is wrong and may end well all the same.
grep -q 'All passed\|all passed\|All validation checks passed' said || grep -qE '[0-9]+ passed' said
! grep -qiE '[1-9][0-9]* (failed|warning)' said
