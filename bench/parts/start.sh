# shellcheck shell=bash disable=SC2154
# From ./ephemeral serve to the first answer of CheckRate, with the embedded Redis and the cache of the start, on the
# default JDK and on a JDK 25 of this machine; and what is resident then, and after RATE_CHECKS rate checks.

RATE_CHECKS=${RATE_CHECKS:-1500000}

start_jdks() { # prints their folders
  dirname "$(dirname "$(readlink -f "$(command -v "$java")")")"
  find /usr/lib/jvm -maxdepth 1 -type d \( -name 'temurin-25*' -o -name 'java-25*' \) 2>/dev/null | head -n 1
}

start_once() { # JAVA_HOME: sets started, start_port and took, in milliseconds
  local begin
  start_port=$(free_port)
  begin=$(date +%s%N)
  EPHEMERAL_RATE_LIMIT_POLICIES='{full: {limit: 1000000, window: 24h}}' JAVA_HOME=$1 EPHEMERAL_ADMIN_PORT=$(free_port) \
    "$home/ephemeral" serve --port "$start_port" 2>/dev/null &
  started=$!
  until_served "$start_port" 0.01
  took=$((($(date +%s%N) - begin) / 1000000))
}
stop_started() {
  kill "$started"
  wait "$started" 2>/dev/null || true
}
start_rss() { awk '/VmRSS/ { printf "%.0f\n", $2 / 1024 }' "/proc/$started/status"; }

measure_start() {
  local jdk release round
  for jdk in $(start_jdks | sort -u); do # the first start makes the cache
    start_once "$jdk"
    stop_started
  done
  for round in $(seq "$((ROUNDS < 5 ? 5 : ROUNDS))"); do
    for jdk in $(start_jdks | sort -u); do
      start_once "$jdk"
      release=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$jdk/release")
      echo "$took" >>"$work/start-$release"
      start_rss >>"$work/start-rss-$release"
      if [ "$round" = 1 ]; then
        h2load -n "$RATE_CHECKS" -c 8 -m 32 -t 1 -d "$frames/check-full" -H 'content-type: application/grpc' \
          -H 'te: trailers' "http://127.0.0.1:$start_port/$PACKAGE.RateLimitService/CheckRate" >"$work/h2load"
        grep -q "$RATE_CHECKS succeeded, 0 failed" "$work/h2load" || { cat "$work/h2load" >&2; exit 1; }
        start_rss >"$work/loaded-rss-$release"
      fi
      stop_started
    done
  done
}

print_start() {
  local file release
  goals
  for file in "$work"/loaded-rss-*; do
    release=${file##*-}
    row "first answer on Java $release, ms" "$(m "start-$release")" "<= $([ "$release" -ge 25 ] && echo 1000 || echo 1600)"
    row '- resident memory then, MB' "$(m "start-rss-$release")" ''
    row "- resident memory after $RATE_CHECKS rate checks, MB" "$(cat "$file")" '<= 200'
  done
}
