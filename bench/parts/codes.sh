# shellcheck shell=bash disable=SC2154
# One-time codes: a call depends on the response to another one, so a gRPC client in Java makes them.

measure_codes() {
  local round
  for round in $(seq "$ROUNDS"); do
    bench OtpLoad "$port" "$OTP_USERS" "c$round-" >>"$work/codes"
  done
  cut -d' ' -f1 "$work/codes" >"$work/o.empty"
  cut -d' ' -f2 "$work/codes" >"$work/o.issue"
  cut -d' ' -f3 "$work/codes" >"$work/o.verify"
}

print_codes() {
  echo '| By a gRPC client in Java | calls/s | ÷ empty RPC |'
  echo '|---|---|---|'
  printf '| empty RPC | %.0f | |\n' "$(m o.empty)"
  printf '| IssueOtp, a different user each time | %.0f | %s |\n' "$(m o.issue)" "$(ratio "$(m o.issue)" "$(m o.empty)")"
  printf '| VerifyOtp, valid codes | %.0f | %s |\n' "$(m o.verify)" "$(ratio "$(m o.verify)" "$(m o.empty)")"
}
