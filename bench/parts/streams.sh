# shellcheck shell=bash disable=SC2154
# CheckRate beside streams that hold all the memory that there is for them.

check_beside() { # file: adds ROUNDS lines, of 8 connections with 2 calls in flight on each
  load "$port" check --ids 10000 --in-flight 2 --calls "$ONE_BY_ONE" --rounds "$ROUNDS" --prefix "s$RANDOM-" >>"$work/$1"
}

measure_streams() {
  check_beside alone
  mkfifo "$work/until"
  bench FullStreamsLoad "$port" <"$work/until" >"$work/streams" &
  pids+=($!)
  exec 3>"$work/until"
  until grep -qx full "$work/streams"; do sleep 0.1; done
  check_beside beside
  "${java%java}jcmd" "$server" GC.run >/dev/null
  "${java%java}jstat" -gc "$server" | awk 'NR == 2 { printf "%.0f", 100 * $8 / $7 }' >"$work/old"
  exec 3>&-
}

print_streams() {
  local alone
  alone=$(value alone p99_us check 10000)
  goals
  row "CheckRate p99 beside full streams ÷ alone ($(printf %.0f "$alone") µs); $(grep -c RESOURCE_EXHAUSTED "$work/streams") of 3 kinds refused" \
    "$(ratio "$(value beside p99_us check 10000)" "$alone")" '<= 3'
  row '- old generation in use, %' "$(cat "$work/old")" '<= 75'
}
