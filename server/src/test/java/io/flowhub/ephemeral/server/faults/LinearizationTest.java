package io.flowhub.ephemeral.server.faults;

import static io.flowhub.ephemeral.server.faults.Linearization.Verdict.EXPLAINED;
import static io.flowhub.ephemeral.server.faults.Linearization.Verdict.NOT_EXPLAINED;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.v1.CacheState;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.ConsumeSessionFlagResponse;
import io.flowhub.ephemeral.v1.GetCachedUserResponse;
import io.flowhub.ephemeral.v1.IssueOtpResponse;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.RefundRateResponse;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each model explains what the contract allows, and nothing that it forbids. */
@Tag("unit")
@Tag("quick")
class LinearizationTest {

    private static final Register A = Register.set("a").get(0);
    private static final Optional<String> ANY = Optional.empty();

    /** A history of calls that begin in this order. */
    private static final class Calls<S> {

        private final History<S> history = new History<>();
        private final S initial;
        private int now;

        Calls(S initial) {
            this.initial = initial;
        }

        /** A call after all before it. */
        <R> Calls<S> then(R response, BiFunction<S, Optional<R>, List<S>> step) {
            return then(response, 1, step);
        }

        /** One that lasts until so many later calls have begun. */
        <R> Calls<S> then(R response, int length, BiFunction<S, Optional<R>, List<S>> step) {
            now += 10;
            history.add("call", "response", now, now + length * 10 - 5, response, step);
            return this;
        }

        <R> Calls<S> unknown(BiFunction<S, Optional<R>, List<S>> step) {
            now += 10;
            history.addUnknown("call", now, step);
            return this;
        }

        Calls<S> isRight() {
            assertThat(Linearization.search(initial, history.calls())).isEqualTo(EXPLAINED);
            return this;
        }

        void isWrong() {
            assertThat(Linearization.search(initial, history.calls())).isEqualTo(NOT_EXPLAINED);
        }

        /** What comes after this many calls is not checked. */
        Calls<S> whenStateIsLostAfter(int calls) {
            Calls<S> before = new Calls<>(initial);
            history.callsBefore(calls * 10L + 8).forEach(before.history::add);
            return before;
        }
    }

    private static Calls<Register> flag() {
        return new Calls<>(Register.EMPTY);
    }

    private static BiFunction<Register, Optional<Boolean>, List<Register>> setTo(String value) {
        return (flag, response) -> Register.set(value);
    }

    /** The response is empty if the flag is not set. */
    private static List<Register> get(Register flag, Optional<String> response) {
        return flag.get(response.filter(value -> !value.isEmpty())) ? List.of(flag) : List.of();
    }

    @Test
    void readReturnsTheLastWriteOrAConcurrentOne() {
        flag().then(true, setTo("a")).then("a", LinearizationTest::get).isRight();
        flag().then(true, setTo("a"))
                .then(true, setTo("b"))
                .then("a", LinearizationTest::get)
                .isWrong();
        flag().then(true, setTo("a"))
                .then(true, 3, setTo("b"))
                .then("a", LinearizationTest::get)
                .then("b", LinearizationTest::get)
                .isRight();
        flag().then(true, setTo("a"))
                .then(true, 3, setTo("b"))
                .then("b", LinearizationTest::get)
                .then("a", LinearizationTest::get)
                .isWrong();
    }

    @Test
    void unknownOutcomeTakesEffectAtAnyLaterTimeOrNever() {
        flag().unknown(setTo("a"))
                .then("", LinearizationTest::get)
                .then("a", LinearizationTest::get)
                .isRight();
        flag().unknown(setTo("a"))
                .then("", LinearizationTest::get)
                .then("", LinearizationTest::get)
                .isRight();
        flag().unknown(setTo("a"))
                .then("a", LinearizationTest::get)
                .then("", LinearizationTest::get)
                .isWrong();
        flag().then("a", LinearizationTest::get).unknown(setTo("a")).isWrong();
    }

    @Test
    void flagHasOneConsumer() {
        var won = ConsumeSessionFlagResponse.newBuilder()
                .setConsumed(true)
                .setValue("a")
                .build();
        var lost = ConsumeSessionFlagResponse.getDefaultInstance();
        BiFunction<Register, Optional<ConsumeSessionFlagResponse>, List<Register>> consume =
                (flag, response) -> flag.consume(ANY, response);
        BiFunction<Register, Optional<ConsumeSessionFlagResponse>, List<Register>> consumeB =
                (flag, response) -> flag.consume(Optional.of("b"), response);
        new Calls<>(A).then(won, 3, consume).then(lost, consume).isRight();
        new Calls<>(A).then(won, 3, consume).then(won, consume).isWrong();
        new Calls<>(A).then(lost, consumeB).then(won, consume).isRight();
        new Calls<>(A).unknown(consume).then(lost, consume).isRight();
        new Calls<>(A).then(lost, consume).isWrong();
    }

    @Test
    void onlyWhatCameBeforeALossIsChecked() {
        Calls<Register> calls =
                flag().then(true, setTo("a")).then("a", LinearizationTest::get).then("", LinearizationTest::get);
        calls.isWrong();
        calls.whenStateIsLostAfter(2).isRight();
        flag().then("b", LinearizationTest::get)
                .then("", LinearizationTest::get)
                .whenStateIsLostAfter(1)
                .isWrong();
        flag().then(true, setTo("a"))
                .then("", 3, LinearizationTest::get)
                .whenStateIsLostAfter(2)
                .isRight();
    }

    private static BiFunction<RateSubject.Window, Optional<CheckRateResponse>, List<RateSubject.Window>> check(
            int hits, String request) {
        return (window, response) -> window.check(hits, request, response);
    }

    private static CheckRateResponse allowed(int remaining) {
        return CheckRateResponse.newBuilder()
                .setAllowed(true)
                .setRemaining(remaining)
                .build();
    }

    @Test
    void limitIsNotExceededAndARequestConsumesOnce() {
        int limit = RateSubject.LIMIT;
        CheckRateResponse denied = CheckRateResponse.getDefaultInstance();
        Function<Boolean, Calls<RateSubject.Window>> window =
                lenient -> new Calls<>(new RateSubject.Window(0, Set.of(), lenient));
        Calls<RateSubject.Window> full = window.apply(false).then(allowed(0), check(limit, "r1"));
        full.then(denied, check(1, "")).then(allowed(0), check(limit, "r1")).isRight();
        full.then(allowed(0), check(1, "")).isWrong();
        window.apply(false).then(denied, check(1, "")).isWrong();
        window.apply(false)
                .then(allowed(limit - 1), check(1, "r1"))
                .then(allowed(limit - 2), check(1, "r1"))
                .isWrong();
        window.apply(false)
                .unknown(check(1, "r1"))
                .then(allowed(limit - 1), check(1, "r1"))
                .isRight();
        window.apply(false)
                .unknown(check(1, "r1"))
                .then(allowed(limit - 1), check(1, "r1"))
                .then(allowed(limit - 3), check(1, "r2"))
                .isWrong();
        window.apply(true)
                .then(allowed(0), check(limit, ""))
                .then(
                        RefundRateResponse.newBuilder().setRemaining(1).build(),
                        (state, response) -> state.refund(response))
                .then(denied, check(1, "")) // cached for a second at most
                .then(allowed(0), check(1, ""))
                .isRight();
    }

    @Test
    void tokenIsConsumedOnceAndARepetitionGetsTheSameAnswer() {
        TokenSubject.Tokens none = new TokenSubject.Tokens("", Set.of());
        BiFunction<TokenSubject.Tokens, Optional<String>, List<TokenSubject.Tokens>> issue =
                (tokens, token) -> tokens.issue(token);
        Calls<TokenSubject.Tokens> consumed = new Calls<>(none)
                .then("t1", issue)
                .then(true, (tokens, response) -> tokens.consume("t1", "r1", response));
        consumed.then(false, (tokens, response) -> tokens.consume("t1", "r2", response))
                .then(true, (tokens, response) -> tokens.consume("t1", "r1", response))
                .isRight();
        consumed.then(true, (tokens, response) -> tokens.consume("t1", "", response))
                .isWrong();
        new Calls<>(none)
                .then("t1", issue)
                .unknown(issue)
                .then(false, (tokens, response) -> tokens.consume("t1", "", response))
                .isRight();
        new Calls<>(none)
                .then("t1", issue)
                .then("t2", issue)
                .then(true, (tokens, response) -> tokens.consume("t1", "", response))
                .isWrong();
    }

    private static BiFunction<OtpSubject.State, Optional<VerifyOtpResponse>, List<OtpSubject.State>> verify(
            String code, String challenge, String request) {
        return (state, response) -> state.verify(code, challenge, request, response);
    }

    private static BiFunction<OtpSubject.State, Optional<IssueOtpResponse>, List<OtpSubject.State>> issue(
            String request) {
        return (state, response) -> state.issue(request, response);
    }

    private static IssueOtpResponse issued(String code, String challenge) {
        return IssueOtpResponse.newBuilder()
                .setIssued(IssuedOtp.newBuilder().setCode(code).setChallengeId(challenge))
                .build();
    }

    private static VerifyOtpResponse invalid(int left) {
        return VerifyOtpResponse.newBuilder()
                .setResult(Result.RESULT_INVALID)
                .setAttemptsLeft(left)
                .build();
    }

    private static Calls<OtpSubject.State> code() {
        return new Calls<>(OtpSubject.State.NOTHING).then(issued("1", "c1"), issue("i1"));
    }

    @Test
    void codeHasOneWinnerAndFewAttempts() {
        VerifyOtpResponse valid =
                VerifyOtpResponse.newBuilder().setResult(Result.RESULT_VALID).build();
        code().then(valid, 3, verify("1", "c1", "r1"))
                .then(invalid(OtpSubject.MAX_ATTEMPTS), verify("1", "c1", "r2"))
                .then(valid, verify("1", "c1", "r1"))
                .isRight();
        code().then(valid, 3, verify("1", "c1", "r1"))
                .then(valid, verify("1", "c1", "r2"))
                .isWrong();
        code().unknown(verify("1", "c1", "r1"))
                .then(valid, verify("1", "c1", "r1"))
                .isRight();
        code().then(issued("2", "c2"), issue("i2"))
                .then(valid, verify("1", "c1", "r1"))
                .isWrong();
        code().then(issued("2", "c1"), issue("i1"))
                .then(valid, verify("2", "c1", "r1"))
                .isRight();
        code().then(issued("2", "c2"), issue("i1")).isWrong();

        Calls<OtpSubject.State> guesses = code();
        for (int left = OtpSubject.MAX_ATTEMPTS - 1; left >= 0; left--) {
            guesses.then(invalid(left), verify("0", "c1", "g" + left));
        }
        guesses.then(invalid(0), verify("1", "c1", "r1")).isRight();
        code().then(invalid(4), verify("0", "c1", "g1"))
                .then(invalid(4), verify("0", "c1", "g2"))
                .isWrong();
        guesses.then(valid, verify("1", "c1", "r2")).isWrong();
    }

    private static BiFunction<CacheSubject.Entry, Optional<Boolean>, List<CacheSubject.Entry>> put(
            String text, String lease) {
        return (entry, stored) -> entry.put(text, lease, stored);
    }

    @Test
    void staleFillIsRefusedAndAReadReturnsWhatWasPut() {
        GetCachedUserResponse miss = GetCachedUserResponse.newBuilder()
                .setState(CacheState.CACHE_STATE_MISS)
                .setLease("l1")
                .build();
        GetCachedUserResponse hit = GetCachedUserResponse.newBuilder()
                .setState(CacheState.CACHE_STATE_HIT)
                .setJson("{}")
                .build();
        Supplier<Calls<CacheSubject.Entry>> leased =
                () -> new Calls<>(new CacheSubject.Entry("", "")).then(miss, CacheSubject.Entry::get);
        leased.get()
                .then(true, put("{}", "l1"))
                .then(hit, CacheSubject.Entry::get)
                .isRight();
        leased.get()
                .then(false, CacheSubject.Entry::evict)
                .then(false, put("{}", "l1"))
                .isRight();
        leased.get()
                .then(false, CacheSubject.Entry::evict)
                .then(true, put("{}", "l1"))
                .isWrong();
        leased.get()
                .then(true, put("{}", "l1"))
                .then(true, CacheSubject.Entry::evict)
                .then(hit, CacheSubject.Entry::get)
                .isWrong();
        leased.get().then(miss, CacheSubject.Entry::get).isWrong();
        leased.get()
                .unknown(put("{}", "l1"))
                .then(hit, CacheSubject.Entry::get)
                .then(true, CacheSubject.Entry::evict)
                .isRight();
    }
}
