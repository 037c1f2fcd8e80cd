#!/bin/bash
# Installs the programs that the tests meet, from Debian's packages, where we are root; says so and goes on where not.
# Starts no service, enables none at boot, and changes nothing when everything is here already.
set -euo pipefail

packages=(freeradius freeradius-utils radsecproxy eapoltest wpasupplicant hostapd slapd postgresql redis-server chromium chromium-headless-shell
    opennds php-cli iptables dnsmasq-base busybox curl
    libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core # what prints vouchers as PDF
    iproute2 nftables strace gcc libc6-dev python3-dev) # the last line: namespaces, lost packets, injected faults, what we compile

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "peers: not installed (only root may, with apt-get): ${missing[*]}; their tests will be skipped and named" >&2
    exit 0
fi

# invoke-rc.d and deb-systemd-invoke ask this file before they start anything; the machine's own comes back afterwards.
policy=${POLICY_RC_D:-/usr/sbin/policy-rc.d}
kept=$(mktemp -d)
[ -e "$policy" ] && cp -p "$policy" "$kept/policy-rc.d"
restore() {
    if [ -e "$kept/policy-rc.d" ]; then cp -p "$kept/policy-rc.d" "$policy"; else rm -f "$policy"; fi
    rm -rf "$kept"
}
trap restore EXIT
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
echo "peers: installing ${missing[*]}"
install() { apt-get -qq install -y --no-install-recommends "$@" >"$kept/log" 2>&1; }
plain=() # not every Debian has the headless shell: chromium does the same, slower
for package in "${missing[@]}"; do [ "$package" = chromium-headless-shell ] || plain+=("$package"); done
if ! { apt-get -qq update && { install "${missing[@]}" || install "${plain[@]}"; }; }; then
    tail -n 5 "$kept/log" >&2 || true
    echo "peers: apt-get could not install them; their tests will be skipped and named" >&2
fi

# A machine that was only meant to run tests must not serve RADIUS, LDAP or SQL after its next start.
if command -v systemctl >/dev/null; then
    for package in "${missing[@]}"; do
        case $package in
            freeradius | radsecproxy | slapd | opennds | postgresql | redis-server | hostapd)
                systemctl disable --quiet "$package" 2>/dev/null || true ;;
            wpasupplicant) systemctl disable --quiet wpa_supplicant 2>/dev/null || true ;;
        esac
    done
fi
