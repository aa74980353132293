#!/usr/bin/env bash
# The Dockerfile, built without an engine by buildah, and the image that came out, started: scripts/check/image.sh
# The base is made here (Debian 13 and Node's own binary of the same version), where no registry of images can be reached.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/tools/places.sh
. scripts/tools/places.sh
if [[ -z $(command -v buildah) || -z $(command -v mmdebstrap) || ! -d $tools/node-$node_version ]]; then
  skip "The image is not built" buildah
fi

export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs BUILDAH_FORMAT=docker
store=$tools/images
box() { buildah --root "$store/root" --runroot "$store/run" "$@"; }
base=localhost/node:$node_version-trixie-slim
image=localhost/live-response:check
grep -qx "ARG NODE=node:$node_version-trixie-slim" Dockerfile

# Debian 13, Node's binary, npm, and the account that Docker's own image has.
make_base() {
  local rootfs node npm
  rootfs=$(mktemp -d)
  mmdebstrap --quiet --variant=minbase --include=ca-certificates trixie "$rootfs"
  node=$(find "$tools/node-$node_version" -path '*/bin/node' | head -1)
  npm=$(npm root --global)/npm
  install -D "$node" "$rootfs/usr/local/bin/node"
  mkdir -p "$rootfs/usr/local/lib/node_modules"
  cp -rL "$npm" "$rootfs/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$rootfs/usr/local/bin/npm"
  chroot "$rootfs" useradd --uid 1000 --user-group --create-home node
  # This machine's authorities, for a registry behind a proxy of its own.
  cp /etc/ssl/certs/ca-certificates.crt "$rootfs/etc/ssl/certs/ca-certificates.crt"
  local box_id
  box_id=$(box from scratch)
  box add "$box_id" "$rootfs" / >/dev/null
  box config --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "$box_id"
  box commit --quiet --rm "$box_id" "$base" >/dev/null
  rm -rf "$rootfs"
}

box inspect --type image "$base" >/dev/null 2>&1 || make_base

begun=$SECONDS
box bud --quiet --network host --build-arg "NODE=$base" --tag "$image" . >/dev/null
echo "built in $((SECONDS - begun)) s"

id=$(box from "$image")
trap 'box rm "$id" >/dev/null' EXIT
run() { box run --network host --user node "$@"; }

[[ $(run "$id" -- node --version) == "v$node_version" ]]
[[ $(run "$id" -- id -un) == node ]]
# shellcheck disable=SC2016 # expanded inside the image
run "$id" -- sh -c '! test -e dist/with-trial && ! test -e trial && test -w /data && ! test -w /app'
# The doctor and the tools that the pages name can be started there.
for tool in doctor audit policy backup; do run "$id" -- test -f "dist/cli/$tool.js"; done

# Without settings it refuses, and says which.
if run "$id" -- node dist/index.js >/dev/null 2>"$store/refused"; then echo "It started without settings" >&2; exit 1; fi
grep -q BOT_ID "$store/refused"
echo "the image starts as node on v$node_version, and refuses without settings"

# The demo is not part of the image; with it beside, the image's Node and packages play it.
root=$(box mount "$id")
npx tsc -p tsconfig.trial.json --noCheck --outDir "$root/app/demo"
begun=$SECONDS
run "$id" -- node demo/trial/demo.js >"$store/demo" || { cat "$store/demo" >&2; exit 1; }
rm -rf "$root/app/demo"
echo "the demo held, in $((SECONDS - begun)) s"

# The run contract, kill -9 in the middle of a submission included: each service of it is the image's own program, below the image's root,
# as its account and with its environment. Signals reach it, since each step here becomes the next one.
mapfile -t environment < <(box inspect --type container --format '{{range .OCIv1.Config.Env}}{{println .}}{{end}}' "$id" | grep -E '^NODE_')
cat >"$store/run-in-image" <<EOF
#!/bin/sh
exec unshare --mount sh -c '
  set -e
  mount --rbind /dev "$root/dev"
  mount --rbind /proc "$root/proc"
  case \$PWD in /dev/*) ;; *) mkdir -p "$root\$PWD"; mount --bind "\$PWD" "$root\$PWD" ;; esac
  chown -hR 1000:1000 "\$PWD"
  exec chroot --userspec=1000:1000 "$root" env --chdir=/app ${environment[*]} /usr/local/bin/node "\$@"' -- "\$@"
EOF
chmod +x "$store/run-in-image"
touch "$root/etc/hostname"
begun=$SECONDS
IMAGE_RUN=$store/run-in-image npx jest --selectProjects sqlite --testPathPatterns test/run-contract
echo "the run contract held on the image, in $((SECONDS - begun)) s"
