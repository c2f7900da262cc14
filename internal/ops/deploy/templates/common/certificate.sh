#!/bin/bash
# {{.Head}}
#   bash certificate.sh first    a certificate of our own, so that nginx can start
#   bash certificate.sh get      Let's Encrypt's, through the running nginx
#   bash certificate.sh renew    daily, by cron or timer: certificates last 64 days from 2027, 45 from 2028 (39)
set -euo pipefail
cd "$(dirname "$0")"
tls={{.TLSHost}}

install_pair() { # install_pair CHAIN KEY: the key for nginx's account alone
	install -d -m 0755 "$tls"
	install {{if .NginxOwner}}-o {{.NginxOwner}} {{end}}-m 0644 "$1" "$tls/fullchain.pem.new"
	install {{if .NginxOwner}}-o {{.NginxOwner}} {{end}}-m 0400 "$2" "$tls/privkey.pem.new"
	mv "$tls/privkey.pem.new" "$tls/privkey.pem"
	mv "$tls/fullchain.pem.new" "$tls/fullchain.pem"
}

case "${1:-}" in
first)
	[ ! -e "$tls/fullchain.pem" ] || { echo "there is a certificate already"; exit 0; }
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 7 -subj "/CN={{.Domain}}" \
		-addext "subjectAltName=DNS:{{.Domain}}" -keyout "$dir/key" -out "$dir/chain" 2>/dev/null
	install_pair "$dir/chain" "$dir/key"
	;;
get)
	{{.Certbot}} certonly --webroot -w {{.AcmeRoot}} -d {{.Domain}} -m {{.Contact}} --agree-tos --non-interactive --key-type ecdsa --keep-until-expiring
	"$0" renewed
	;;
renew)
	{{.Certbot}} renew --quiet
	"$0" renewed
	;;
renewed) # also right as certbot's --deploy-hook
{{- if .Native}}
	live=/etc/letsencrypt/live/{{.Domain}}
{{- else}}
	live=$(docker volume inspect -f '{{"{{"}}.Mountpoint{{"}}"}}' truckflow_letsencrypt)/live/{{.Domain}}
{{- end}}
	cmp -s "$live/fullchain.pem" "$tls/fullchain.pem" && exit 0
	install_pair "$live/fullchain.pem" "$live/privkey.pem"
	{{.NginxReload}}
	;;
*)
	echo "usage: certificate.sh first|get|renew" >&2
	exit 2
	;;
esac
