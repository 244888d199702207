# shellcheck shell=bash disable=SC2154
# Metrics that are scraped every second, beside a server without any. The JIT compiler makes one process up to a tenth
# faster than the next: each round starts both servers, and counts the quotient. The page of the metrics is compiled first,
# as in a server that has run for hours.

declare -A ports processes
start_measured() { # name, admin port
  ports[$1]=$(free_port)
  start_server "$(other_config "$1" "${ports[$1]}" "$2")"
  processes[$1]=$started
}

measure_metrics() {
  local round name scraper scraped_admin
  for round in $(seq "$ROUNDS"); do
    scraped_admin=$(free_port)
    if [ $((round % 2)) = 0 ]; then
      start_measured quiet 0
      start_measured scraped "$scraped_admin"
    else
      start_measured scraped "$scraped_admin"
      start_measured quiet 0
    fi
    for name in quiet scraped; do until_served "${ports[$name]}" 0.1; done
    for _ in $(seq 1500); do
      printf 'url = http://127.0.0.1:%s/metrics\noutput = /dev/null\n' "$scraped_admin"
    done >"$work/scrapes"
    curl -sf -K "$work/scrapes"
    (while curl -sf -o /dev/null "http://127.0.0.1:$scraped_admin/metrics"; do sleep 1; done) &
    scraper=$!
    pids+=("$scraper")
    for name in quiet scraped quiet scraped; do # the first two compile the code of the server
      load "${ports[$name]}" check --calls "$CALLS" --prefix warm --tolerate-failures >/dev/null
    done
    for name in quiet scraped scraped quiet quiet scraped; do
      load "${ports[$name]}" check --calls "$CALLS" >>"$work/$name.$round"
    done
    kill "$scraper" # fails if a scrape failed before
    kill "${processes[@]}"
    wait "${processes[@]}" || true
    redis flushall >/dev/null
    ratio "$(value "scraped.$round" per_second check 10000)" "$(value "quiet.$round" per_second check 10000)" >>"$work/t.scraped"
    echo >>"$work/t.scraped"
  done
}

print_metrics() {
  goals
  row 'CheckRate with metrics scraped every second ÷ with admin.port 0' "$(m t.scraped)" '>= 0.97'
}
