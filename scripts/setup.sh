#!/usr/bin/env bash
# Installs what is missing to run TruckFlow, or to test it, on Debian 12 or newer
# and Ubuntu 22.04 or newer. Says nothing and takes no time when all is there.
#
#   scripts/setup.sh run     Go, PostgreSQL, tesseract
#   scripts/setup.sh test    the same, poppler, Redis, pgBackRest, HAProxy, Chromium and fonts; what truckflow
#                            harden writes for: nftables, sshd, Fail2Ban, WireGuard; what a rendered
#                            deployment is checked with: nginx, Prometheus, Alertmanager, exporters, and of
#                            a cluster Patroni, etcd, keepalived, Ansible
#   scripts/setup.sh ha      the same and what Patroni needs to speak TLS to etcd: what make ha starts
#   scripts/setup.sh acme    what test installs and certbot: what make acme starts
#
# Needs root or sudo only when a package is missing; with neither it prints what
# to install and exits 2. Go is put into .tools/go, never into the system.
set -euo pipefail
cd "$(dirname "$0")/.."

GO_VERSION=1.26.8
# Of the zips on the Go module proxy; the amd64 one was compared file by file
# with the official release.
GO_SHA256_amd64=30c2b1bf7dcc88d3eb0a1364e47ddd9128edb3110a30e8a0ef61cd5856b31de7
GO_SHA256_arm64=02b36b6787b3ac767668f630e2998df45a3b1f9ffee08d1bf3ef6487cd658d99

# What lies outside this folder is looked for below ROOT: the script's own test sets it.
ROOT=${SETUP_ROOT:-}

say() { echo "setup: $*" >&2; }
die() { say "$@"; exit 2; }
is_ubuntu() { grep -q '^ID=ubuntu' "$ROOT/etc/os-release" 2>/dev/null; }
have() { command -v "$1" >/dev/null 2>&1; }
sbin() { have "$1" || [ -x "$ROOT/usr/sbin/$1" ]; } # not on an ordinary user's PATH
file() { compgen -G "$ROOT$1" >/dev/null; } # does anything match?

# --- what is missing -------------------------------------------------------

# go_is_enough PROGRAM: is it at least what go.mod asks for?
go_is_enough() {
	local want got
	want=$(awk '$1 == "go" { print $2; exit }' go.mod)
	got=$(GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
	got=${got#go}
	[ "$(printf '%s\n%s\n' "$want" "$got" | sort -V | head -n1)" = "$want" ]
}

need_go() {
	! { [ -x .tools/go/bin/go ] && go_is_enough .tools/go/bin/go; } && ! { have go && go_is_enough go; }
}

# A PostgreSQL is needed unless another one was named. PATH is asked too: not
# every installation is the distribution's.
need_postgres() {
	[ "$1" = run ] && [ -n "${DATABASE_URL:-}" ] && return 1
	[ -n "${PG_BIN:-}" ] && [ -x "$PG_BIN/postgres" ] && return 1
	! file '/usr/lib/postgresql/*/bin/postgres' && ! have postgres
}

# The names under which the tests find a browser. Ubuntu's may be only a note that
# there is a snap; ask it. A shell that is no login shell does not look into /snap/bin.
chromium_works() {
	local c
	for c in chromium chromium-browser google-chrome google-chrome-stable /snap/bin/chromium; do
		have "$c" && "$c" --version >/dev/null 2>&1 && return 0
	done
	return 1
}

# Debian's packages that are named as their program is.
MONITORING=(prometheus prometheus-alertmanager prometheus-node-exporter prometheus-postgres-exporter
	prometheus-redis-exporter prometheus-nginx-exporter prometheus-blackbox-exporter)

# missing SET: the packages to install, one a line.
missing() {
	if need_postgres "$1"; then echo postgresql; fi
	if ! have tesseract; then echo tesseract-ocr; fi
	if ! file '/usr/share/tesseract-ocr/*/tessdata/eng.traineddata' && ! file '/usr/share/tessdata/eng.traineddata'; then echo tesseract-ocr-eng; fi
	if ! file '/usr/share/tesseract-ocr/*/tessdata/osd.traineddata' && ! file '/usr/share/tessdata/osd.traineddata'; then echo tesseract-ocr-osd; fi
	if need_go; then
		have curl || echo curl
		have unzip || echo unzip
		file /etc/ssl/certs/ca-certificates.crt || echo ca-certificates
	fi
	[ "$1" != run ] || return 0
	if ! have pdftoppm; then echo poppler-utils; fi
	if ! have redis-server; then echo redis-server; fi
	if ! sbin nft; then echo nftables; fi
	if ! sbin iptables; then echo iptables; fi
	if ! sbin sshd; then echo openssh-server; fi
	if ! have fail2ban-regex; then echo fail2ban; fi
	if ! have wg; then echo wireguard-tools; fi
	if ! have pgbackrest; then echo pgbackrest; fi
	if ! sbin haproxy; then echo haproxy; fi
	if ! have openssl; then echo openssl; fi
	if ! sbin nginx; then echo nginx-light; fi
	if ! have patroni; then echo patroni; fi
	if ! sbin keepalived; then echo keepalived; fi
	if ! have ansible-playbook; then echo ansible-core; fi
	have etcd || echo etcd-server
	if [ "$1" = ha ]; then
		file '/usr/lib/python3/dist-packages/idna' || echo python3-idna # Patroni speaks TLS with it
	fi
	if [ "$1" = acme ]; then have certbot || echo certbot; fi
	local p
	for p in "${MONITORING[@]}"; do have "$p" || echo "$p"; done
	if ! chromium_works; then echo chromium; fi
	if ! file '/usr/share/fonts/truetype/liberation*'; then echo fonts-liberation; fi
	if ! file '/usr/share/fonts/truetype/dejavu'; then echo fonts-dejavu-core; fi
}

# --- installing ------------------------------------------------------------

# as_root COMMAND...: only called when become_root has found a way.
as_root() { ${SUDO:-} "$@"; }
become_root() {
	SUDO=
	[ "$(id -u)" = 0 ] && return 0
	have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; } && SUDO=sudo
	[ -n "$SUDO" ]
}

# Debian starts a service the moment its package is installed. TruckFlow and its
# tests run their own, so for the installation, and no longer, services are told
# not to start, and PostgreSQL not to make a cluster nobody asked for.
POLICY=$ROOT/usr/sbin/policy-rc.d
policy_made=
allow_services() {
	[ -z "$policy_made" ] || as_root rm -f "$POLICY"
	policy_made=
}
hold_services() {
	if [ ! -e "$POLICY" ]; then
		policy_made=yes
		trap allow_services EXIT
		printf '#!/bin/sh\nexit 101\n' | as_root tee "$POLICY" >/dev/null
		as_root chmod 755 "$POLICY"
	fi
	local cluster=$ROOT/etc/postgresql-common/createcluster.conf
	if [ ! -e "$cluster" ]; then
		as_root mkdir -p "${cluster%/*}"
		echo 'create_main_cluster = false' | as_root tee "$cluster" >/dev/null
	fi
}

install_packages() {
	local list=("$@") idle=() p
	have apt-get || die "this is not Debian or Ubuntu. Install by hand, then start again: ${list[*]}"
	become_root || die "not root, and sudo is not available. Install, then start again: apt-get install -y ${list[*]}"
	# Of these the tests start their own; a service that came with them stays off.
	for p in redis-server:redis-server sshd:ssh sshd:ssh.socket fail2ban-server:fail2ban haproxy:haproxy nginx:nginx patroni:patroni keepalived:keepalived etcd:etcd pgbackrest:pgbackrest "${MONITORING[@]}"; do
		sbin "${p%%:*}" || idle+=("${p#*:}") # the service; the program's name where they are the same
	done
	say "installing ${list[*]}"
	hold_services
	# Ubuntu's needrestart would ask about, or restart, services that are not ours.
	local apt=(env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=120)
	local log hint= try=1
	log=$(mktemp)
	# A machine that has just started looks for updates by itself; apt waits for
	# dpkg's lock, but not for the one on the lists. Another failure may be of a
	# source that nothing here comes from: the installation will tell.
	until as_root "${apt[@]}" update >"$log" 2>&1; do
		if [ "$try" = 20 ] || ! grep -q 'lists/lock' "$log"; then break; fi
		try=$((try + 1))
		sleep "${SETUP_PAUSE:-6}"
	done
	if ! as_root "${apt[@]}" install -y --no-install-recommends "${list[@]}" >>"$log" 2>&1; then
		tail -n 15 "$log" >&2
		if grep -q 'Unable to locate package' "$log" && is_ubuntu; then hint=" (is universe enabled? sudo add-apt-repository universe)"; fi
		rm -f "$log"
		die "could not install ${list[*]}; the reason stands above$hint"
	fi
	rm -f "$log"
	allow_services
	if have systemctl; then
		for p in "${idle[@]}"; do as_root systemctl disable "$p" >/dev/null 2>&1 || true; done # not all of them were installed
	fi
}

# Ubuntu has Chromium only as a snap, which needs a running snapd.
install_chromium_snap() {
	if become_root && have snap && as_root snap version >/dev/null 2>&1 && as_root snap install chromium >/dev/null 2>&1 && chromium_works; then
		return 0
	fi
	die "the tests need Chromium, which Ubuntu has only as a snap, and snaps do not work here." \
		"Install Google Chrome (https://www.google.com/chrome, the .deb), then start again. Running TruckFlow does not need it."
}

install_go() {
	local arch zip sum url dir
	case "$(uname -m)" in
	x86_64) arch=amd64 sum=$GO_SHA256_amd64 ;;
	aarch64 | arm64) arch=arm64 sum=$GO_SHA256_arm64 ;;
	*) die "no Go for $(uname -m) is pinned here; install Go $GO_VERSION or newer by hand (https://go.dev/dl)" ;;
	esac
	url=${GOPROXY:-https://proxy.golang.org}
	url=${url%%[,|]*}
	case "$url" in http*) ;; *) url=https://proxy.golang.org ;; esac
	url=${url%/}/golang.org/toolchain/@v/v0.0.1-go$GO_VERSION.linux-$arch.zip
	say "installing Go $GO_VERSION into .tools/go"
	mkdir -p .tools
	dir=$(mktemp -d .tools/go-XXXXXX)
	zip=$dir/go.zip
	curl -fsSL --retry 3 -o "$zip" "$url" || { rm -rf "$dir"; die "could not download $url"; }
	echo "$sum  $zip" | sha256sum --check --status || { rm -rf "$dir"; die "$url is not what was expected (SHA-256 differs); nothing was installed"; }
	unzip -q "$zip" -d "$dir"
	local root=$dir/golang.org/toolchain@v0.0.1-go$GO_VERSION.linux-$arch
	# A module zip holds neither execute bits nor nested go.mod files.
	chmod +x "$root"/bin/* "$root"/pkg/tool/*/*
	find "$root/src" -name _go.mod -execdir mv _go.mod go.mod \;
	rm -rf .tools/go
	mv "$root" .tools/go
	rm -rf "$dir"
	go_is_enough .tools/go/bin/go || die "Go $GO_VERSION was installed into .tools/go but does not run"
}

# --- main ------------------------------------------------------------------

main() {
	case "${1:-}" in run | test | ha | acme) ;; *) die "usage: scripts/setup.sh run|test|ha|acme" ;; esac
	local list
	mapfile -t list < <(missing "$1")
	# Ubuntu's chromium package would install a snap, or nothing that works.
	if [[ " ${list[*]} " == *" chromium "* ]] && is_ubuntu; then
		local keep=() p
		for p in "${list[@]}"; do [ "$p" = chromium ] || keep+=("$p"); done
		[ ${#keep[@]} = 0 ] || install_packages "${keep[@]}"
		install_chromium_snap
	elif [ ${#list[@]} != 0 ]; then
		install_packages "${list[@]}"
	fi
	if need_go; then install_go; fi
	mapfile -t list < <(missing "$1")
	[ ${#list[@]} = 0 ] || die "still missing after installing: ${list[*]}"
}

main "$@"
