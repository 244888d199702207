# shellcheck shell=bash disable=SC2154
# Many live keys.

fill() { # number: replaces all keys by this number of counters of the action "bench"
  redis flushall >/dev/null
  awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "SET rate:%d:bench 1 EX 86400\r\n", i }' |
    redis-cli -p "$redis_port" --pipe >/dev/null
  [ "$(redis dbsize)" -ge "$1" ]
}

measure_keys() {
  local users
  for _ in $(seq "$ROUNDS"); do
    for users in 1000 "$LIVE_KEYS"; do
      fill "$users"
      load "$port" check --ids "$users" --plain-ids --calls "$CALLS" >>"$work/keys"
    done
  done
  redis flushall >/dev/null
}

print_keys() {
  local few many
  few=$(value keys per_second check 1000)
  many=$(value keys per_second check "$LIVE_KEYS")
  printf 'CheckRate, random among 1000 live keys: %.0f calls/s; among %s: %.0f.\n\n' "$few" "$LIVE_KEYS" "$many"
  goals
  row "cost per call with $LIVE_KEYS live keys ÷ with 1000" "$(ratio "$few" "$many")" '<= 1.1'
}
