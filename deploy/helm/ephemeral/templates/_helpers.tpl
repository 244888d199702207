{{- define "ephemeral.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 52 characters, so that the suffixes of the chart fit into 63. */}}
{{- define "ephemeral.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "ephemeral.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ephemeral.selectorLabels" -}}
app.kubernetes.io/name: {{ include "ephemeral.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "ephemeral.labels" -}}
{{ include "ephemeral.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "ephemeral.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "ephemeral.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* grpc or http. Probes of Kubernetes by gRPC speak clear text only, and have no credential of a caller. */}}
{{- define "ephemeral.probeType" -}}
{{- if ne .Values.probes.type "auto" -}}
{{- .Values.probes.type -}}
{{- else -}}
{{- ternary "http" "grpc" (or (not (empty .Values.tls.existingSecret)) (not (empty .Values.callers.existingSecret))) -}}
{{- end -}}
{{- end -}}

{{- define "ephemeral.gracePeriod" -}}
{{- $drain := add .Values.drain.delaySeconds .Values.drain.timeoutSeconds -}}
{{- if kindIs "invalid" .Values.terminationGracePeriodSeconds -}}
{{- add $drain 5 -}}
{{- else -}}
{{- .Values.terminationGracePeriodSeconds -}}
{{- end -}}
{{- end -}}

{{/* All settings but the rate limits. */}}
{{- define "ephemeral.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $server := dict "port" 9090 "drain_delay" (printf "%vs" .Values.drain.delaySeconds) "drain_timeout" (printf "%vs" .Values.drain.timeoutSeconds) -}}
{{- $redis := dict -}}
{{- $tls := dict -}}
{{- if .Values.tls.existingSecret -}}
{{- $_ := set $tls "certificate" (printf "/etc/ephemeral/tls/%s" .Values.tls.certificateKey) -}}
{{- $_ := set $tls "key" (printf "/etc/ephemeral/tls/%s" .Values.tls.keyKey) -}}
{{- if .Values.tls.clientCa.existingSecret -}}
{{- $_ := set $tls "client_auth" .Values.tls.clientAuth -}}
{{- $_ := set $tls "client_ca" (printf "/etc/ephemeral/client-ca/%s" .Values.tls.clientCa.key) -}}
{{- with .Values.tls.clientCa.crlKey -}}
{{- $_ := set $tls "client_crl" (printf "/etc/ephemeral/client-ca/%s" .) -}}
{{- end -}}
{{- end -}}
{{- else -}}
{{- $_ := set $server "insecure" true -}}
{{- end -}}
{{- if not .Values.redis.urlKey -}}
{{- $_ := set $redis "url" .Values.redis.url -}}
{{- end -}}
{{- if .Values.redis.tls.existingSecret -}}
{{- range $setting, $key := dict "tls_ca" .Values.redis.tls.caKey "tls_certificate" .Values.redis.tls.certificateKey "tls_key" .Values.redis.tls.keyKey -}}
{{- if $key -}}
{{- $_ := set $redis $setting (printf "/etc/ephemeral/redis-tls/%s" $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $admin := dict "port" (ternary .Values.admin.port 0 .Values.admin.enabled) -}}
{{- $all := dict "server" $server "redis" $redis "admin" $admin -}}
{{- if $tls -}}{{- $_ := set $all "tls" $tls -}}{{- end -}}
{{- if .Values.callers.existingSecret -}}
{{- $_ := set $all "callers" (dict "file" (printf "/etc/ephemeral/callers/%s" .Values.callers.key)) -}}
{{- end -}}
{{- mergeOverwrite $config $all | toYaml -}}
{{- end -}}

{{/* What only a restart applies: a running server reloads the levels of the log. */}}
{{- define "ephemeral.restart" -}}
{{- $config := include "ephemeral.config" . | fromYaml -}}
{{- $log := omit (default dict $config.log) "level" "levels" -}}
{{- merge (ternary (dict "log" $log) dict (not (empty $log))) (omit $config "log") | toYaml -}}
{{- end -}}

{{/* What a running server reloads too. */}}
{{- define "ephemeral.rateLimit" -}}
{{- $settings := dict -}}
{{- with .Values.rateLimit.policies -}}{{- $_ := set $settings "policies" . -}}{{- end -}}
{{- with .Values.rateLimit.onRedisFailure -}}{{- $_ := set $settings "on_redis_failure" . -}}{{- end -}}
{{- if $settings -}}{{- dict "rate_limit" $settings | toYaml -}}{{- end -}}
{{- end -}}

{{/* What the schema cannot express: values that contradict each other. */}}
{{- define "ephemeral.validate" -}}
{{- $v := .Values -}}
{{- $drain := add $v.drain.delaySeconds $v.drain.timeoutSeconds | int -}}
{{- if le (include "ephemeral.gracePeriod" . | int) $drain -}}
{{- fail (printf "terminationGracePeriodSeconds: %v (expected: more than drain.delaySeconds + drain.timeoutSeconds, %d)" $v.terminationGracePeriodSeconds $drain) -}}
{{- end -}}
{{- if and (eq (include "ephemeral.probeType" .) "http") (not $v.admin.enabled) -}}
{{- fail "admin.enabled: false (expected: true, because the probes are HTTP: with tls.existingSecret or callers.existingSecret probes by gRPC cannot pass)" -}}
{{- end -}}
{{- if and (eq $v.probes.type "grpc") $v.tls.existingSecret -}}
{{- fail "probes.type: grpc (expected: auto or http with tls.existingSecret: Kubernetes probes gRPC in clear text only)" -}}
{{- end -}}
{{- if and $v.serviceMonitor.enabled (not $v.admin.enabled) -}}
{{- fail "serviceMonitor.enabled: true (expected: admin.enabled: true)" -}}
{{- end -}}
{{- if and (eq (int $v.admin.port) 9090) $v.admin.enabled -}}
{{- fail "admin.port: 9090 (expected: not the gRPC port of the pod)" -}}
{{- end -}}
{{- if and $v.redis.urlKey (not $v.redis.existingSecret) -}}
{{- fail "redis.urlKey is set (expected: redis.existingSecret too)" -}}
{{- end -}}
{{- if and (ne $v.tls.clientAuth "none") (not $v.tls.clientCa.existingSecret) -}}
{{- fail (printf "tls.clientAuth: %s (expected: tls.clientCa.existingSecret too)" $v.tls.clientAuth) -}}
{{- end -}}
{{- if and $v.tls.clientCa.existingSecret (not $v.tls.existingSecret) -}}
{{- fail "tls.clientCa.existingSecret is set (expected: tls.existingSecret too)" -}}
{{- end -}}
{{- if and (not $v.otp.existingSecret) $v.otp.previousPepperKey -}}
{{- fail "otp.previousPepperKey is set (expected: otp.existingSecret too)" -}}
{{- end -}}
{{- if ne (empty $v.redis.tls.certificateKey) (empty $v.redis.tls.keyKey) -}}
{{- fail "redis.tls.certificateKey and redis.tls.keyKey: only one of them is set (expected: both)" -}}
{{- end -}}
{{- if and $v.redis.tls.existingSecret (not $v.redis.urlKey) (not (hasPrefix "rediss://" $v.redis.url)) -}}
{{- fail (printf "redis.url: %s (expected: rediss://, because redis.tls.existingSecret is set)" $v.redis.url) -}}
{{- end -}}
{{- if and $v.autoscaling.enabled (gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) -}}
{{- fail (printf "autoscaling.minReplicas: %v (expected: at most autoscaling.maxReplicas, %v)" $v.autoscaling.minReplicas $v.autoscaling.maxReplicas) -}}
{{- end -}}
{{- if and $v.networkPolicy.enabled (not $v.redis.urlKey) -}}
{{- range splitList "," $v.redis.url -}}
{{- $port := regexFind ":[0-9]+(/[0-9]*)?$" . | trimPrefix ":" | splitList "/" | first | default "6379" | int -}}
{{- $found := false -}}
{{- range $v.networkPolicy.redis.ports -}}{{- if eq (int .) $port -}}{{- $found = true -}}{{- end -}}{{- end -}}
{{- if not $found -}}
{{- fail (printf "networkPolicy.redis.ports has not the port %d of redis.url" $port) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The Secrets to mount, by the name of their folder. */}}
{{- define "ephemeral.secrets" -}}
{{- $secrets := dict "redis" .Values.redis.existingSecret "redis-tls" .Values.redis.tls.existingSecret "otp" .Values.otp.existingSecret "tls" .Values.tls.existingSecret "client-ca" .Values.tls.clientCa.existingSecret "callers" .Values.callers.existingSecret -}}
{{- range $name, $secret := $secrets -}}
{{- if $secret }}
{{ $name }}: {{ $secret }}
{{- end -}}
{{- end -}}
{{- end -}}
