#!/bin/sh
# A new version is started where the old one ran; a first installation starts
# nothing: its settings come first (truckflow deploy, or /etc/truckflow/truckflow.env).
set -e
[ -d /run/systemd/system ] || { systemd-sysusers truckflow.conf; exit 0; }
systemd-sysusers truckflow.conf
systemctl daemon-reload
systemctl try-restart truckflow.service
