# shellcheck shell=bash disable=SC2154
# Latency with one call in flight, and at fixed rates: 10, 50 and 80 % of the calls per second that the method reaches
# with 10,000 ids, each call counted from the time at which it was to start.

shares=(10 50 80)
declare -A paced=(
  [check]='CheckRate, fixed window' [check-sliding]='CheckRate, sliding window' [check-bucket]='CheckRate, token bucket'
  [heartbeat]='Heartbeat' [typing]='SetTyping' [cached-user]='GetCachedUser, a hit of 1,000 bytes'
)
paced_methods=(check check-sliding check-bucket heartbeat typing cached-user)
declare -A rates
LATENCY_WARM_UP=${LATENCY_WARM_UP:-10} # seconds of each method at half of its capacity before the first round

measure_capacities() { # the calls per second of the part throughput, or of a round
  local method capacity source=throughput
  if [ ! -s "$work/throughput" ]; then
    source=capacity
    for _ in 1 2; do
      load "$port" "$(IFS=, && echo "${paced_methods[*]}")" --calls "$CALLS" --prefix "c$RANDOM-" \
        --tolerate-failures >"$work/capacity"
    done
  fi
  for method in "${paced_methods[@]}"; do
    capacity=$(value "$source" per_second "$method" 10000)
    rates[$method]=$(for share in "${shares[@]}"; do awk -v c="$capacity" -v s="$share" 'BEGIN { printf "%.0f\n", c * s / 100 }'; done | paste -sd,)
  done
}

half() { cut -d, -f2 <<<"${rates[$1]}"; } # method: half of its capacity

measure_latency() {
  local round method one=(--connections 1 --in-flight 1 --calls "$ONE_BY_ONE" --warm-up "$((ONE_BY_ONE / 4))")
  measure_capacities
  for method in "${paced_methods[@]}"; do # Java compiles other paths at a fixed rate, on the cores of the calls
    load "$port" "empty,$method" --rate "$(half "$method")" --seconds "$LATENCY_WARM_UP" --prefix "w$RANDOM-" >/dev/null
  done
  for round in $(seq "$ROUNDS"); do
    load "$port" empty,check --ids 10000,1 "${one[@]}" --prefix "o$round-" >>"$work/one"
    load "$redis_port" redis-incr --ids 10000,1 "${one[@]}" >>"$work/one"
    redis-benchmark -p "$redis_port" -t incr -c 1 -n "$ONE_BY_ONE" --csv |
      awk -F'"' '/INCR/ { print $10 * 1000 }' >>"$work/l.incr"
    for method in "${paced_methods[@]}"; do
      load "$port" "empty,$method" --rate "${rates[$method]}" --seconds "$LATENCY_SECONDS" --prefix "p$round-" \
        >>"$work/paced.$method"
    done
  done
}

p50() { value one p50_us "$@"; } # method, ids
print_paced() { # method: the lines of its table
  local rate key i=0
  for rate in ${rates[$1]//,/ }; do
    printf '| %s | %s %% | %s |' "${paced[$1]}" "${shares[$i]}" "$rate"
    for key in p50_us p99_us p999_us; do printf ' %.0f |' "$(value "paced.$1" "$key" "$1" 10000 "$rate")"; done
    printf ' %.0f |\n' "$(value "paced.$1" p99_us empty 10000 "$rate")"
    i=$((i + 1))
  done
}

print_latency() {
  local ids method
  printf 'One call in flight, p50: empty RPC %.0f µs, CheckRate %.0f µs; Redis INCR %.0f µs, by redis-benchmark %.0f µs.\n\n' \
    "$(p50 empty 10000)" "$(p50 check 10000)" "$(p50 redis-incr 10000)" "$(m l.incr)"
  echo '| At a fixed rate, 10,000 ids | of capacity | calls/s | p50 µs | p99 µs | p99.9 µs | p99 µs of the empty RPC |'
  echo '|---|---|---|---|---|---|---|'
  for method in "${paced_methods[@]}"; do print_paced "$method"; done
  echo
  goals
  for ids in 10000 1; do
    row "one call in flight, $ids id$([ "$ids" = 1 ] || echo s): (p50 CheckRate − p50 empty RPC) ÷ p50 INCR by redis-benchmark" \
      "$(awk -v c="$(p50 check "$ids")" -v e="$(p50 empty "$ids")" -v i="$(m l.incr)" 'BEGIN { printf "%.2f", (c - e) / i }')" '<= 2'
  done
  for method in "${paced_methods[@]}"; do
    row "${paced[$method]}: p99 at 50 % of its capacity ÷ p99 of the empty RPC at this rate" \
      "$(paired "paced.$method" p99_us "$method" 10000 "$(half "$method")" empty)" \
      "$([ "$method" = check ] && echo '<= 2')"
  done
}
