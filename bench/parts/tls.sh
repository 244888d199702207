# shellcheck shell=bash disable=SC2154
# TLS and a token, for a server that is started for them. By h2load, which sends the same call each time over 8 connections
# that stay open.

check_secure() { # URL: prints calls per second, with a token, and fails unless Redis counted every call
  redis flushall >/dev/null
  h2load -n "$CALLS" -c 8 -m 32 -t 1 -d "$frames/check-warm" -H 'content-type: application/grpc' -H 'te: trailers' \
    -H 'authorization: Bearer bench' "$1/$PACKAGE.RateLimitService/CheckRate" >"$work/h2load"
  grep -q "$CALLS succeeded, 0 failed" "$work/h2load" || { cat "$work/h2load" >&2; exit 1; }
  [ "$(redis get rate:warm:bench)" = "$CALLS" ] || { echo "rate:warm:bench is $(redis get rate:warm:bench)" >&2; exit 1; }
  sed -n 's/^finished in .*, \([0-9.]*\) req\/s.*/\1/p' "$work/h2load"
}

measure_tls() {
  local secure_port secure config
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" \
    -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2>/dev/null
  echo "bench: {tokens: [$(printf bench | sha256sum | cut -d' ' -f1)], may: [RateLimitService]}" >"$work/callers.yaml"
  secure_port=$(free_port)
  config=$(other_config secure "$secure_port" "$(free_port)")
  cat >>"$config" <<CONFIG
tls.certificate: $work/cert.pem
tls.key: $work/key.pem
callers.file: $work/callers.yaml
CONFIG
  start_server "$config"
  secure=$started
  until (exec 3<>"/dev/tcp/127.0.0.1/$secure_port") 2>/dev/null; do kill -0 "$secure"; sleep 0.1; done
  sleep 2 # it connects to Redis

  for _ in 1 2; do
    check_secure "https://127.0.0.1:$secure_port" >/dev/null
    check_secure "http://127.0.0.1:$port" >/dev/null
  done
  for _ in $(seq "$ROUNDS"); do
    check_secure "http://127.0.0.1:$port" >>"$work/t.clear"
    check_secure "https://127.0.0.1:$secure_port" >>"$work/t.secure"
  done
  kill "$secure"
}

print_tls() {
  printf 'CheckRate by h2load: %.0f calls/s in clear text, %.0f over TLS with a token.\n\n' "$(m t.clear)" "$(m t.secure)"
  goals
  row 'CheckRate over TLS, with a token ÷ CheckRate in clear text' "$(ratio "$(m t.secure)" "$(m t.clear)")" '>= 0.80'
}
