# shellcheck shell=bash disable=SC2154
# A distant Redis: a server behind a proxy that adds a round trip, and the one beside Redis, in turn, each with 2,048 calls
# in flight: at most 41,000 calls/s at 50 ms, so the goal is up to 20 ms. At 200 ms, only whether the server stays ready.

DISTANCES=${DISTANCES:-1 5 20 50} # round trips in ms
FAR_WARM_UP=${FAR_WARM_UP:-1000000} # calls to a server behind the proxy before the first round: it has just started
VERY_DISTANT=200
READY_SECONDS=${READY_SECONDS:-20}

start_far() { # round trip in ms: sets proxy, far, far_port and far_admin
  local config proxy_port
  proxy_port=$(free_port)
  "$java" -Xmx256m -XX:+UseSerialGC -cp "$classpath" io.flowhub.ephemeral.bench.DelayingProxy \
    "$proxy_port" "$redis_port" "$1" &
  proxy=$!
  pids+=("$proxy")
  far_port=$(free_port)
  far_admin=$(free_port)
  config=$(other_config "far$1" "$far_port" "$far_admin")
  sed -i "s|^redis.url: .*|redis.url: redis://127.0.0.1:$proxy_port|" "$config"
  start_server "$config"
  far=$started
  until_served "$far_port" 0.1
}
stop_far() {
  kill "$far" "$proxy"
  wait "$far" "$proxy" || true
}
outages() { curl -sf "http://127.0.0.1:$far_admin/metrics" | awk '/^ephemeral_redis_outages_total/ { n += $2 } END { print n + 0 }'; }

measure_distant() {
  local ms end
  for ms in $DISTANCES; do
    start_far "$ms"
    load "$far_port" check --in-flight 256 --calls "$FAR_WARM_UP" --tolerate-failures >/dev/null
    for _ in $(seq "$ROUNDS"); do
      load "$port" check --in-flight 256 --calls "$CALLS" >>"$work/near.$ms"
      load "$far_port" check --in-flight 256 --calls "$CALLS" --tolerate-failures >>"$work/far.$ms"
      redis flushall >/dev/null
    done
    outages >"$work/outages.$ms"
    stop_far
  done
  start_far "$VERY_DISTANT"
  load "$far_port" check --rate 1000 --seconds "$READY_SECONDS" --warm-up 1000 --tolerate-failures >"$work/very-distant" &
  end=$((SECONDS + READY_SECONDS))
  while [ "$SECONDS" -lt "$end" ]; do
    curl -s -o /dev/null -w '%{http_code}\n' "http://127.0.0.1:$far_admin/readyz" >>"$work/ready"
    sleep 0.2
  done
  wait $!
  outages >"$work/outages.$VERY_DISTANT"
  stop_far
}

print_distant() {
  local ms near far
  echo '| Round trip to Redis | CheckRate, calls/s, 2,048 in flight | beside Redis | p50, ms | p99, ms |'
  echo '|---|---|---|---|---|'
  for ms in $DISTANCES; do
    printf '| %s ms | %.0f | %.0f |' "$ms" "$(value "far.$ms" per_second check 10000)" "$(value "near.$ms" per_second check 10000)"
    for key in p50_us p99_us; do value "far.$ms" "$key" check 10000 | awk '{ printf " %.1f |", $1 / 1000 }'; done
    echo
  done
  echo
  goals
  for ms in $DISTANCES; do
    near=$(value "near.$ms" per_second check 10000)
    far=$(value "far.$ms" per_second check 10000)
    row "CheckRate, 2,048 in flight: $ms ms to Redis ÷ beside Redis" "$(ratio "$far" "$near")" \
      "$([ "$ms" -gt 20 ] || echo '>= 0.80')"
    row '- failed calls' "$(value "far.$ms" failed check 10000)" '<= 0'
    row '- outages of Redis that the server counted' "$(cat "$work/outages.$ms")" '<= 0'
  done
  row "$VERY_DISTANT ms to Redis, 1,000 calls/s for $READY_SECONDS s: answers of /readyz other than 200" \
    "$(grep -vc '^200$' "$work/ready" || true)" '<= 0'
  row '- failed calls' "$(value very-distant failed check 10000 1000)" '<= 0'
  row '- outages of Redis that the server counted' "$(cat "$work/outages.$VERY_DISTANT")" '<= 0'
}
