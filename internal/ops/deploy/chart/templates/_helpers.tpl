{{/* Names do not depend on the release: one TruckFlow has a namespace of its own,
     and policies, rules and secrets can name what they mean. */}}

{{- define "truckflow.labels" -}}
app.kubernetes.io/part-of: truckflow
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "truckflow.monitorLabels" -}}
{{ include "truckflow.labels" . }}
{{- with .Values.monitoring.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The program's pods, whichever role they have. */}}
{{- define "truckflow.program" -}}
matchLabels:
  app.kubernetes.io/part-of: truckflow
matchExpressions:
  - {key: app.kubernetes.io/component, operator: In, values: [web, worker]}
{{- end }}

{{/* What Kubernetes' "restricted" standard asks of a pod, and who it runs as. */}}
{{- define "truckflow.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* … and of a container. What must be written lies in a volume. */}}
{{- define "truckflow.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* The program's ending in three steps, and the seconds each may take: out of the
     balancers' lists (preStop), /readyz answers 503 while requests are still taken
     (TRUCKFLOW_DRAIN_SECONDS), running requests and jobs end (the program's own limit);
     and a little for the database's last words. */}}
{{- define "truckflow.graceSeconds" -}}
{{ add .Values.ending.preStopSeconds .Values.ending.drainSeconds .Values.ending.requestSeconds 10 }}
{{- end }}

{{- define "truckflow.namespaceSelector" -}}
namespaceSelector:
  matchLabels:
    kubernetes.io/metadata.name: {{ . }}
{{- end }}

{{/* Annotations that let a controller pass uploads of the program's own limit and
     server-sent events as they come. Traefik needs none: it neither limits nor buffers. */}}
{{- define "truckflow.ingressAnnotations" -}}
{{- if eq .Values.ingress.controller "ingress-nginx" }}
nginx.ingress.kubernetes.io/proxy-body-size: {{ .Values.ingress.uploadMB }}m
nginx.ingress.kubernetes.io/proxy-read-timeout: "190" # the program ends an answer after 180 s itself
nginx.ingress.kubernetes.io/proxy-request-buffering: "off"
{{- else if eq .Values.ingress.controller "f5-nginx" }}
nginx.org/client-max-body-size: {{ .Values.ingress.uploadMB }}m
nginx.org/proxy-read-timeout: 190s # the program ends an answer after 180 s itself
{{- else if eq .Values.ingress.controller "haproxy" }}
haproxy.org/timeout-server: 190s # the program ends an answer after 180 s itself
{{- end }}
{{- end }}

{{- define "truckflow.liveAnnotations" -}}
{{- if eq .Values.ingress.controller "ingress-nginx" }}
nginx.ingress.kubernetes.io/proxy-buffering: "off"
nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"
{{- else if eq .Values.ingress.controller "f5-nginx" }}
nginx.org/proxy-buffering: "False"
nginx.org/proxy-read-timeout: 1h
nginx.org/mergeable-ingress-type: minion
{{- else if eq .Values.ingress.controller "haproxy" }}
haproxy.org/timeout-server: 1h
{{- end }}
{{- end }}
