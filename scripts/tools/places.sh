# shellcheck shell=bash disable=SC2034
# Where scripts/tools/install.sh puts tools, and their versions; read by the scripts beside it and by test/deploy/tools.ts.
tools=${TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/live-response-tools}
bicep_version=0.49.2
kusto_version=12.4.1
atk_version=1.1.17
node_version=24.22.3
pwsh_version=7.6.9
# Every version that `engines` names, beside the one that the tests themselves run on.
node_versions=(22.23.5 24.22.3 26.12.1)
bicep=$tools/bicep-$bicep_version/bicep
pwsh=$tools/pwsh-$pwsh_version/pwsh

# skip <what is not done> <tool>: says in one line what is skipped; where CI demands the tools (REQUIRE_TOOLS=1) that is a fault.
skip() {
  echo "SKIPPED: $1, since this machine has no $2. To have it: scripts/tools/install.sh $2"
  [[ ${REQUIRE_TOOLS:-} != 1 ]]
  exit
}
