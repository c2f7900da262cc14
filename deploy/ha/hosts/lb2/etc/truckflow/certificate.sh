#!/bin/bash
# Rendered by truckflow deploy from deploy.yaml: tms.example.com, ha on 12 servers. Edited files are kept and shown by truckflow deploy diff.
#   bash certificate.sh first    a certificate of our own, so that nginx can start
#   bash certificate.sh get      Let's Encrypt's, through the running nginx
#   bash certificate.sh renew    daily, by cron or timer: certificates last 64 days from 2027, 45 from 2028 (39)
set -euo pipefail
cd "$(dirname "$0")"
tls=/etc/truckflow/tls

install_pair() { # install_pair CHAIN KEY: the key for nginx's account alone
	install -d -m 0755 "$tls"
	install -m 0644 "$1" "$tls/fullchain.pem.new"
	install -m 0400 "$2" "$tls/privkey.pem.new"
	mv "$tls/privkey.pem.new" "$tls/privkey.pem"
	mv "$tls/fullchain.pem.new" "$tls/fullchain.pem"
}

case "${1:-}" in
first)
	[ ! -e "$tls/fullchain.pem" ] || { echo "there is a certificate already"; exit 0; }
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 7 -subj "/CN=tms.example.com" \
		-addext "subjectAltName=DNS:tms.example.com" -keyout "$dir/key" -out "$dir/chain" 2>/dev/null
	install_pair "$dir/chain" "$dir/key"
	;;
get)
	certbot certonly --webroot -w /var/www/truckflow-acme -d tms.example.com -m ops@example.com --agree-tos --non-interactive --key-type ecdsa --keep-until-expiring
	"$0" renewed
	;;
renew)
	certbot renew --quiet
	"$0" renewed
	;;
renewed) # also right as certbot's --deploy-hook
	live=/etc/letsencrypt/live/tms.example.com
	cmp -s "$live/fullchain.pem" "$tls/fullchain.pem" && exit 0
	install_pair "$live/fullchain.pem" "$live/privkey.pem"
	systemctl reload nginx
	;;
*)
	echo "usage: certificate.sh first|get|renew" >&2
	exit 2
	;;
esac
