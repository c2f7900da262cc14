#!/bin/bash
# {{.Head}}
# Roles, once, when the cluster is made: the program is no superuser and makes no
# roles; the exporter only reads figures; the backup copies and
# reads, and changes nothing (32).
{{- if .IsCluster}}
# Patroni runs it when it makes the cluster, as the cluster's account, with what leads to it.
{{- else if .Native}}
# As root, once: psql itself runs as the cluster's account.
{{- end}}
set -euo pipefail
cd / # psql runs as another account, which need not reach this folder
secrets=${SECRETS:-{{if .IsCluster}}/run/credentials/patroni.service{{else if .Native}}/etc/truckflow/secrets{{else}}/run/secrets{{end}}}
owner=$(<"$secrets/owner_password")
exporter=$(<"$secrets/exporter_password")
backup=$(<"$secrets/backup_password")
export owner exporter backup
{{if .IsCluster}}psql{{else if .Native}}${PSQL:-runuser -u postgres -- psql}{{else}}psql{{end}} -X -q -v ON_ERROR_STOP=1 -d {{if .IsCluster}}"$1"{{else}}postgres{{end}} <<'SQL'
\set owner `echo "$owner"`
\set exporter `echo "$exporter"`
\set backup `echo "$backup"`
create role truckflow login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'owner';
create role truckflow_app nologin; -- what the program works as: it owns nothing
grant truckflow_app to truckflow; -- who owns the tables and migrates them, and turns into it for everything else (32)
{{- range .AppRole}}
alter role truckflow set {{.Name}} = '{{.Text}}'; -- {{.Why}}
{{- end}}
create role exporter login nosuperuser connection limit 5 password :'exporter';
grant pg_monitor to exporter;
create role backup login replication bypassrls connection limit 10 password :'backup';
grant pg_read_all_settings, pg_read_all_data to backup; -- a rehearsed restore is compared with what is here
{{- if ge .Postgres 15}}
grant pg_checkpoint to backup;
{{- end}}
select 'create database truckflow' where not exists (select from pg_database where datname = 'truckflow') \gexec
alter database truckflow owner to truckflow;
revoke all on database truckflow from public;
grant connect, temporary on database truckflow to truckflow, truckflow_app;
grant connect on database truckflow to exporter, backup;
\connect truckflow
alter schema public owner to truckflow;
revoke all on schema public from public;
grant usage on schema public to exporter;
create extension if not exists pg_stat_statements;
SQL
