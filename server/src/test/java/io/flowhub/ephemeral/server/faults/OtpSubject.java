package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssueOtpResponse;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.RefusedOtp;
import io.flowhub.ephemeral.v1.RevokeOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The one-time passwords of one user. Each attempt has the challenge of a code. */
final class OtpSubject extends Subject<OtpSubject.State> {

    static final int MAX_ATTEMPTS = 5;
    static final int MAX_FAILURES = 10;

    private static final String NONE = "";

    /** A code or challenge that no client received. */
    private static final String LOST = "?";

    private static final String WRONG_CODE = "0000000000";

    private final List<IssuedOtp> issued = new CopyOnWriteArrayList<>();

    OtpSubject() {
        super(State.NOTHING);
    }

    /**
     * @param request that issued the code
     * @param attempts failed ones at the code
     * @param failures failed attempts since the last right one
     * @param results the attempts left, or -1 for a right code, of each attempt that a repetition repeats
     */
    record State(
            String code, String challenge, String request, int attempts, int failures, Map<String, Integer> results) {

        static final State NOTHING = new State(NONE, NONE, NONE, 0, 0, Map.of());

        private static final int VALID = -1;

        List<State> issue(String by, Optional<IssueOtpResponse> response) {
            if (isLocked()) {
                boolean isRight = response.isEmpty()
                        || response.get().getRefused().getReason() == RefusedOtp.Reason.REASON_LOCKED;
                return isRight ? List.of(revoked()) : List.of();
            }
            Optional<IssuedOtp> otp = response.map(IssueOtpResponse::getIssued);
            if (response.isPresent() && !response.get().hasIssued()) {
                return List.of();
            }
            String newCode = otp.map(IssuedOtp::getCode).orElse(LOST);
            String newChallenge = otp.map(IssuedOtp::getChallengeId).orElse(LOST);
            boolean repeats = !challenge.equals(NONE) && attempts < MAX_ATTEMPTS && request.equals(by);
            if (!repeats) {
                return List.of(new State(newCode, newChallenge, by, 0, failures, results));
            }
            boolean isRight = otp.isEmpty() || challenge.equals(LOST) || challenge.equals(newChallenge);
            String kept = otp.isEmpty() ? challenge : newChallenge;
            return isRight ? List.of(new State(newCode, kept, by, attempts, failures, results)) : List.of();
        }

        List<State> verify(String tried, String of, String by, Optional<VerifyOtpResponse> response) {
            String attempt = by + " " + of + " " + tried;
            Integer before = results.get(attempt);
            if (before != null) {
                return explained(response, before) ? List.of(this) : List.of();
            }
            if (!of.equals(challenge)) {
                boolean isRight = response.isEmpty() || response.get().getResult() == Result.RESULT_INVALID;
                return isRight ? List.of(this) : List.of(); // the attempts left are an estimate
            }
            boolean isCounted = !isLocked() && attempts < MAX_ATTEMPTS;
            if (isCounted && tried.equals(code)) {
                State after = new State(NONE, NONE, NONE, attempts, 0, with(attempt, VALID));
                return explained(response, VALID) ? List.of(after) : List.of();
            }
            int newFailures = isCounted ? failures + 1 : failures;
            boolean locks = newFailures >= MAX_FAILURES;
            int newAttempts = locks ? MAX_ATTEMPTS : isCounted ? attempts + 1 : attempts;
            int left = Math.max(0, Math.min(MAX_ATTEMPTS - newAttempts, MAX_FAILURES - newFailures));
            Map<String, Integer> kept = isCounted ? with(attempt, left) : results;
            State after = new State(code, challenge, request, newAttempts, newFailures, kept);
            return explained(response, left) ? List.of(after) : List.of();
        }

        State revoked() {
            return new State(NONE, NONE, NONE, attempts, failures, results);
        }

        private boolean isLocked() {
            return failures >= MAX_FAILURES;
        }

        private Map<String, Integer> with(String attempt, int result) {
            Map<String, Integer> more = new TreeMap<>(results);
            more.put(attempt, result);
            return more;
        }

        private static boolean explained(Optional<VerifyOtpResponse> response, int right) {
            if (response.isEmpty()) {
                return true;
            }
            VerifyOtpResponse actual = response.get();
            return right == VALID
                    ? actual.getResult() == Result.RESULT_VALID
                    : actual.getResult() == Result.RESULT_INVALID && actual.getAttemptsLeft() == right;
        }
    }

    @Override
    void act(Client client) {
        int choice = client.random(20);
        if (issued.isEmpty() || choice < 3) {
            String requestId = client.newRequestId();
            var request = IssueOtpRequest.newBuilder().setUserId(id).setRequestId(requestId);
            client.write(
                            history,
                            OtpServiceGrpc.getIssueOtpMethod(),
                            request.build(),
                            true,
                            (state, response) -> state.issue(requestId, response))
                    .filter(IssueOtpResponse::hasIssued)
                    .ifPresent(response -> issued.add(response.getIssued()));
        } else if (choice == 3) {
            var request = RevokeOtpRequest.newBuilder().setUserId(id);
            client.write(
                    history,
                    OtpServiceGrpc.getRevokeOtpMethod(),
                    request.build(),
                    (state, response) -> List.of(state.revoked()));
        } else {
            verify(client, client.random(3) == 0 ? client.pick(issued) : issued.get(issued.size() - 1));
        }
    }

    private void verify(Client client, IssuedOtp otp) {
        String code = client.random(2) == 0 ? otp.getCode() : WRONG_CODE;
        String requestId = client.newRequestId();
        var request = VerifyOtpRequest.newBuilder()
                .setUserId(id)
                .setCode(code)
                .setChallengeId(otp.getChallengeId())
                .setRequestId(requestId);
        client.write(
                history,
                OtpServiceGrpc.getVerifyOtpMethod(),
                request.build(),
                true,
                (state, response) -> state.verify(code, otp.getChallengeId(), requestId, response));
    }
}
