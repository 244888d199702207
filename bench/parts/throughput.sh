# shellcheck shell=bash disable=SC2154
# As many calls as possible, with 32 in flight on each of 8 connections: each method with a random one of 10,000 ids, and
# with one hot id. The ratios are those of each round: the speed of a shared machine changes within minutes.

methods=(empty check check-sliding check-bucket check-full heartbeat typing cached-user cached-user-200)
declare -A title=(
  [empty]='empty RPC' [check]='CheckRate, fixed window' [check-sliding]='CheckRate, sliding window'
  [check-bucket]='CheckRate, token bucket' [check-full]='CheckRate over its limit' [heartbeat]='Heartbeat'
  [typing]='SetTyping' [cached-user]='GetCachedUser, a hit of 1,000 bytes' [cached-user-200]='GetCachedUser, a hit of 200 bytes'
)
declare -A wanted=( # ÷ empty RPC, with 10,000 ids and with one
  [check]='0.75 0.80' [check-sliding]='0.68 0.68' [check-bucket]='0.68 0.68' [check-full]='0.85 0.95'
  [heartbeat]='0.68 0.75' [typing]='0.68 0.75' [cached-user]='0.68 0.68' [cached-user-200]='0.68 0.75'
)
all_methods=$(IFS=, && echo "${methods[*]}")

require_all_counted() { # fails unless Redis counted every call of a round, in two passes with 10,000 ids and with one
  local counted
  counted=$(redis --scan --pattern 'rate:*:bench' | xargs redis-cli -p "$redis_port" mget | awk '{ n += $1 } END { print n }')
  [ "$counted" = $((4 * (CALLS + WARM_UP))) ] || { echo "Redis counted $counted of $((4 * (CALLS + WARM_UP))) calls" >&2; exit 1; }
}

without_first_pass() { # of each number of ids: the load generator compiles its own code, on the cores of the calls
  awk -v methods="${#methods[@]}" '$2 != ids { ids = $2; n = 0 } ++n > methods'
}

measure_throughput() {
  local round
  load "$port" "$all_methods" --ids 10000,1 --calls "$CALLS" --tolerate-failures >/dev/null # compiles the code of the server
  for round in $(seq "$ROUNDS"); do
    redis flushall >/dev/null
    load "$port" "$all_methods,$all_methods" --ids 10000,1 --calls "$CALLS" --prefix "r$round-" \
      --server "$server" --redis "$redis_pid" | without_first_pass >>"$work/throughput"
    require_all_counted
    bench StreamHeartbeatsLoad "$port" 10000 "$HEARTBEAT_FRAMES" >>"$work/t.stream"
    redis-benchmark -p "$redis_port" -t incr -c 50 -n 200000 --csv |
      sed -n 's/^"INCR","\([0-9.]*\)".*/\1/p' >>"$work/t.incr"
    load "$redis_port" redis-incr --ids 10000 --connections 50 --in-flight 1 --calls 200000 >>"$work/throughput"
  done
}

per_second() { value throughput per_second "$@"; } # method, ids
print_throughput() {
  local method ids goal
  echo '| | calls/s, 10,000 ids | calls/s, one hot id |'
  echo '|---|---|---|'
  for method in "${methods[@]}"; do
    printf '| %s | %.0f | %.0f |\n' "${title[$method]}" "$(per_second "$method" 10000)" "$(per_second "$method" 1)"
  done
  printf '| StreamHeartbeats, frames of 1,000: heartbeats | %.0f | |\n' "$(m t.stream)"
  printf '| Redis INCR, 50 connections, by redis-benchmark | | %.0f |\n' "$(m t.incr)"
  printf '| Redis INCR, 50 connections | %.0f | |\n' "$(per_second redis-incr 10000)"
  echo
  goals
  for ids in 10000 1; do
    for method in "${methods[@]:1}"; do
      read -ra goal <<<"${wanted[$method]}"
      row "${title[$method]} ÷ empty RPC, $ids id$([ "$ids" = 1 ] || echo s)" \
        "$(paired throughput per_second "$method" "$ids" max empty)" ">= ${goal[$((ids == 1))]}"
    done
  done
  row 'StreamHeartbeats ÷ Heartbeat, 10,000 ids' "$(ratio "$(m t.stream)" "$(per_second heartbeat 10000)")" '>= 4'
  row 'CheckRate ÷ redis-benchmark INCR, one hot id' "$(ratio "$(per_second check 1)" "$(m t.incr)")" '>= 1.5'
  for method in check-sliding check-bucket; do
    row "CPU time of Redis per call: ${title[$method]} ÷ fixed window" \
      "$(paired throughput redis_us "$method" 10000 max check)" '<= 1.4'
  done
  echo
  echo '| CPU time per call in µs, 10,000 ids | gRPC thread | Redis thread | all of the server | Redis | load generator |'
  echo '|---|---|---|---|---|---|'
  for method in "${methods[@]}"; do
    printf '| %s |' "${title[$method]}"
    for key in server_grpc_us server_redis_us server_us redis_us load_us; do
      printf ' %.2f |' "$(value throughput "$key" "$method" 10000)"
    done
    echo
  done
}
