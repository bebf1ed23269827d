#!/bin/sh
# Installs whom the benchmark compares with: wrk and the servers from Debian, the packages of bench/peers from npm. Says and
# does nothing when all is there. What can not be installed is said and left out; the benchmark then names it as missing.
cd "$(dirname "$0")" || exit 1

missing=
for pair in wrk:wrk haproxy:haproxy nginx:nginx-light caddy:caddy; do
	command -v "${pair%%:*}" >/dev/null || [ -x "/usr/sbin/${pair%%:*}" ] || missing="$missing ${pair##*:}"
done

sudo=
[ "$(id -u)" = 0 ] || sudo="sudo -n"

apt() {
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >/dev/null
}

# Only their programs are wanted: while they are installed, no service is started.
policy=/usr/sbin/policy-rc.d
install_servers() {
	own_policy=
	if [ ! -e "$policy" ]; then
		own_policy=yes
		printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
		$sudo chmod 755 "$policy"
	fi
	# shellcheck disable=SC2086 -- a list of words
	apt install -y --no-install-recommends $missing 2>/dev/null || { apt update && apt install -y --no-install-recommends $missing; }
	status=$?
	[ -z "$own_policy" ] || $sudo rm -f "$policy"
	return $status
}

if [ -n "$missing" ]; then
	if command -v apt-get >/dev/null; then
		install_servers || echo "bench/install.sh: not installed:$missing" >&2
	else
		echo "bench/install.sh: please install:$missing" >&2
	fi
fi

# npm notes what it installed; a lock that is newer than the note asks for another look.
if [ ! peers/node_modules/.package-lock.json -nt peers/package-lock.json ]; then
	(cd peers && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null) || echo 'bench/install.sh: the packages of bench/peers were not installed' >&2
fi
exit 0
