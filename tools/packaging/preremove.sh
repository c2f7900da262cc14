#!/bin/sh
# On removal, not on an upgrade. Data and account stay: they are the carrier's.
set -e
[ "$1" = remove ] || exit 0
[ ! -d /run/systemd/system ] || systemctl disable --now truckflow.service || true
