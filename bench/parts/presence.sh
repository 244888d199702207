# shellcheck shell=bash disable=SC2154
# Presence with two servers, an outage, and a subscriber that reads nothing.

measure_presence() {
  local second_port presence
  redis flushall >/dev/null
  second_port=$(free_port)
  start_server "$(other_config second "$second_port" "$(free_port)")"
  until_served "$second_port" 0.1
  sleep 11 # servers report no user offline before every user has had time to send a heartbeat

  bench PresenceLoad "$port,$second_port" "$PRESENCE_USERS" "$PRESENCE_STOPPED" "$PRESENCE_SECONDS" >"$work/presence"
  bench PresenceLoad "$port,$second_port" "$PRESENCE_USERS" 0 "$PRESENCE_SECONDS" >"$work/outage" &
  presence=$!
  sleep $((PRESENCE_SECONDS / 4))
  kill -9 "$redis_pid"
  sleep "$OUTAGE_SECONDS"
  start_redis
  wait "$presence"

  rss >"$work/rss.before"
  bench SlowSubscriberLoad "$port" "$STALL_SECONDS" >"$work/subscriber"
  rss >"$work/rss.after"
}

figure() { sed -n "s/.*\<$2 \(-\?[0-9]*\).*/\1/p" "$work/$1"; } # file, word: prints the number after the word
print_presence() {
  local published lost
  goals
  row "of $PRESENCE_STOPPED users whose heartbeats stop, among $PRESENCE_USERS: reported offline" \
    "$(figure presence offline)" ">= $PRESENCE_STOPPED"
  row '- reported twice' "$(figure presence repeated)" '<= 0'
  row '- false offline events' "$(figure presence false)" '<= 0'
  row "- ms after the expiry of the key, p99 (p50 $(figure presence p50), max $(figure presence max))" \
    "$(figure presence p99)" '<= 250'
  row "Redis killed for $OUTAGE_SECONDS s under $PRESENCE_USERS users: false offline events" \
    "$(figure outage false)" '<= 0'
  row '- stale events per stream' "$(figure outage stale)" '>= 1'
  row '- resynced events per stream' "$(figure outage resynced)" '>= 1'
  published=$(figure subscriber published)
  lost=$(figure subscriber lost)
  row "subscriber that reads nothing for $STALL_SECONDS s, of $published messages: received + reported lost" \
    "$(($(figure subscriber received) + lost))" ">= $published"
  row '- reported lost' "$lost" ''
  row '- resident memory of the server before, after, MB' "$(cat "$work/rss.before"), $(cat "$work/rss.after")" ''
  row 'resident memory after all parts so far, MB' "$(cat "$work/rss.after")" '<= 200'
}
