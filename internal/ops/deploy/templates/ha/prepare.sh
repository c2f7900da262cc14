#!/bin/bash
# {{.Head}}
#   prepare.sh redis|sentinel    before each start, as root
# Redis and Sentinel write what they learn (who is primary, who else watches) into their own file. So it
# lies with their data, and is made again only when what was rendered, or a password, is newer.
set -euo pipefail
name=$1
from=/etc/truckflow/redis/$name.conf
login=/etc/truckflow/secrets/${name}_login
to=/var/lib/redis/truckflow-$name.conf
if [ -e "$to" ] && [ ! "$from" -nt "$to" ] && [ ! "$login" -nt "$to" ]; then exit 0; fi
install -o redis -g redis -m 0600 /dev/null "$to.new"
cat "$from" "$login" >"$to.new"
mv "$to.new" "$to"
