#!/usr/bin/env bash
# Try the project on a fresh Debian 12 that has python3.11 (venv, pip), make and git, and nothing else.
#
#   tools/clean_trial.sh                 make demo
#   tools/clean_trial.sh setup test      any targets of the Makefile, one after another
#
# What is committed is cloned into a chroot and made there, from empty caches. Needs root. Settings:
#   CLEAN_ROOT     where the chroot lies (default /tmp/mlpc-clean); its base system is made once and used again
#   CLEAN_USER=1   as an ordinary user in the chroot instead of root
#   CLEAN_KEEP=1   go on with the clone and the caches of the trial before
#
# The mirror, proxies, certificates and pip's index are those that this machine itself uses; none is written here.
set -euo pipefail

if [ "${CLEAN_INSIDE:-}" != 1 ]; then
  [ "$(id -u)" = 0 ] || { echo "clean_trial.sh: root is needed for a chroot" >&2; exit 2; }
  # Mounts and processes of a trial end with it, however it ends.
  exec env CLEAN_INSIDE=1 unshare --mount --mount-proc --propagation private --pid --fork --kill-child bash "$0" "$@"
fi

cd "$(dirname "$0")/.."
root=${CLEAN_ROOT:-/tmp/mlpc-clean}
targets=("${@:-demo}")
codename=bookworm
packages=python3.11,python3.11-venv,python3-pip,make,git,ca-certificates

# The base system, once.
if [ ! -e "$root/.base-done" ]; then
  command -v debootstrap >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq debootstrap >/dev/null
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
    awk -v codename="$codename" '$2 == codename && $3 == "main" { print $1; exit }')
  [ -n "$mirror" ] || { echo "clean_trial.sh: apt knows no mirror of $codename" >&2; exit 4; }
  proxy=$(apt-config dump --format '%v%n' Acquire::http::Proxy)
  echo "making a fresh Debian ($codename) in $root"
  rm -rf "$root"
  mkdir -p "$root"
  # --include takes what is named and what it depends on; nothing that is only recommended.
  http_proxy=${proxy:-${http_proxy:-}} debootstrap --variant=minbase --include="$packages" "$codename" "$root" "$mirror" \
    >"$root.log" 2>&1 || { tail -n 20 "$root.log" >&2; exit 4; }
  chroot "$root" useradd --create-home --shell /bin/bash tester
  touch "$root/.base-done"
fi

# How this machine reaches the network.
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
network=()
while IFS= read -r setting; do network+=("$setting"); done < <(
  env | grep -E '^(https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY|all_proxy|ALL_PROXY|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|PIP_(CERT|INDEX_URL|TRUSTED_HOST|DEFAULT_TIMEOUT)|UV_(DEFAULT_INDEX|INDEX_URL|NATIVE_TLS|SYSTEM_CERTS))=' || true
)
if [ -z "${PIP_INDEX_URL:-}" ] && index=$(python3 -m pip config get global.index-url 2>/dev/null); then
  network+=("PIP_INDEX_URL=$index")
fi

mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind /sys "$root/sys"

user=root home=/root
[ -z "${CLEAN_USER:-}" ] || { user=tester home=/home/tester; }
if [ -z "${CLEAN_KEEP:-}" ]; then
  rm -rf "$root$home/mlpc" "$root$home/.cache" "$root$home/.local" "$root$home/.config"
  git clone --quiet --no-hardlinks . "$root$home/mlpc"
  chroot "$root" chown -R "$user:$user" "$home/mlpc"
fi

inside() {
  chroot "$root" env -i HOME="$home" USER="$user" LOGNAME="$user" LANG=C.UTF-8 TERM="${TERM:-dumb}" \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${network[@]}" \
    setpriv --reuid="$user" --regid="$user" --init-groups bash -c "$1"
}

echo "$(inside 'grep PRETTY /etc/os-release; python3.11 --version; id -un' | paste -sd ' ')"
echo "commit $(git -C "$root$home/mlpc" -c safe.directory='*' rev-parse --short HEAD)"
status=0
for target in "${targets[@]}"; do
  echo "== make $target"
  started=$(date +%s)
  inside "cd $home/mlpc && make $target" || status=$?
  echo "== make $target: status $status, $(($(date +%s) - started)) s"
  [ "$status" = 0 ] || break
done

# Nothing that a target started may outlive it.
left=$(ps -eo pid=,args= | grep -v -E "^ *(1|$$|$BASHPID) |ps -eo|grep -v|clean_trial" || true)
if [ -n "$left" ]; then
  echo "processes left behind:" >&2
  echo "$left" >&2
  [ "$status" != 0 ] || status=1
fi
exit "$status"
