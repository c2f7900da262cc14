#!/bin/bash
# Rendered by truckflow deploy from deploy.yaml: tms.example.com, k8s on 64 GB and 16 cores. Edited files are kept and shown by truckflow deploy diff.
# Takes the folder secrets into the cluster. Run again after a change, then restart what reads
# it: kubectl -n truckflow rollout restart deploy/truckflow-web deploy/truckflow-worker deploy/truckflow-redis
set -euo pipefail
cd "$(dirname "$0")/secrets"
kubectl=${KUBECTL:-kubectl}

put() { # name, then key=file …: as they are, without a line's end
    local name=$1 args=() pair tmp
    shift
    tmp=$(mktemp -d)
    trap 'rm -rf "$tmp"' RETURN
    for pair in "$@"; do
        [[ -s ${pair#*=} ]] || { echo "secrets/${pair#*=} is empty: write it first" >&2; exit 1; }
        printf %s "$(<"${pair#*=}")" >"$tmp/${pair%%=*}"
        args+=(--from-file="${pair%%=*}=$tmp/${pair%%=*}")
    done
    $kubectl -n truckflow create secret generic "$name" "${args[@]}" --dry-run=client -o yaml | $kubectl apply -f -
}

$kubectl create namespace truckflow --dry-run=client -o yaml | $kubectl apply -f -
# The namespace refuses pods that are not "restricted"; all of ours are.
$kubectl label --overwrite namespace truckflow pod-security.kubernetes.io/enforce=restricted
put truckflow jwt_secret=jwt_secret redis_url=redis_url s3_secret_key=s3_secret_key smtp_url=smtp_url
put truckflow-redis redis_acl=redis_acl redis_probe=redis_probe
put truckflow-backup access_key_id=backup_s3_access_key secret_access_key=backup_s3_secret_key
