#!/usr/bin/env bash
# What only Debian has and some tests look through: LibreOffice opens what we make, poppler turns its pages into pictures.
# Where it cannot be installed, nothing fails: those tests are named as skipped at the end of the run.
set -uo pipefail
parts=(libreoffice-calc-nogui libreoffice-writer-nogui poppler-utils fonts-noto-cjk)
missing=()
for part in "${parts[@]}"; do
  dpkg -s "$part" >/dev/null 2>&1 || missing+=("$part")
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "not installed, so not tried: ${missing[*]}"
  exit 0
fi
echo "installing ${missing[*]} ..."
apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
  echo "could not be installed, so not tried: ${missing[*]}"
