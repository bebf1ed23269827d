#!/bin/sh
# Installs what the tests need beyond npm: Chromium for the page, Python's requests for the module. Says and does nothing
# when all is there.
set -eu

missing=
[ -x /usr/bin/chromium ] || missing="$missing chromium"
python3 -c 'import requests' 2>/dev/null || /usr/bin/python3 -c 'import requests' 2>/dev/null || missing="$missing python3-requests"
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "test/install.sh: please install:$missing" >&2
	exit 1
fi

sudo=
[ "$(id -u)" = 0 ] || sudo="sudo -n"

apt() {
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >/dev/null
}

# The package lists of a fresh machine are empty or old; one that installs needs no update.
# shellcheck disable=SC2086 -- a list of words
apt install -y --no-install-recommends $missing 2>/dev/null || {
	apt update
	apt install -y --no-install-recommends $missing
}
