# shellcheck shell=bash disable=SC2154
# Commands, of a server that has just started.

measure_commands() {
  bench CommandCosts "$port" "$redis_port" "$COUNT_SECONDS" >"$work/commands"
}

print_commands() {
  echo '| Commands in Redis, per call or as the row says | of the server | with those inside scripts |'
  echo '|---|---|---|'
  cat "$work/commands"
}
