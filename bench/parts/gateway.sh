# shellcheck shell=bash disable=SC2154
# Envoy's rate limit service: two descriptors a call, beside CheckRate, with a random one of 10,000 ids.

measure_gateway() {
  local round
  load "$port" check,should-rate-limit --ids 10000 --calls "$CALLS" --tolerate-failures >/dev/null # compiles the code
  for round in $(seq "$ROUNDS"); do
    redis flushall >/dev/null
    load "$port" check,should-rate-limit --ids 10000 --calls "$CALLS" --prefix "g$round-" \
      --server "$server" --redis "$redis_pid" >>"$work/gateway"
  done
}

print_gateway() {
  local method key
  goals
  row 'ShouldRateLimit, two descriptors ÷ CheckRate, 10,000 ids' \
    "$(ratio "$(value gateway per_second should-rate-limit 10000)" "$(value gateway per_second check 10000)")" '>= 0.7'
  echo
  echo '| CPU time per call in µs, 10,000 ids | gRPC thread | Redis thread | all of the server | Redis |'
  echo '|---|---|---|---|---|'
  for method in check should-rate-limit; do
    printf '| %s |' "$method"
    for key in server_grpc_us server_redis_us server_us redis_us; do
      printf ' %.2f |' "$(value gateway "$key" "$method" 10000)"
    done
    echo
  done
}
