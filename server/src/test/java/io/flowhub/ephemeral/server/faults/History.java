package io.flowhub.ephemeral.server.faults;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The calls that concurrent clients sent for one object. S is the state of the object in a sequential model. */
final class History<S> {

    /** A search keeps the calls that it has placed in the bits of a long. */
    static final int MOST_CALLS = 60;

    /** Each of these may have run at any time or never, which multiplies the orders to search. */
    static final int MOST_UNKNOWN = 8;

    private final List<Call<S>> calls = new ArrayList<>();
    private int unknown;

    /**
     * @param end when the response arrived; {@link Long#MAX_VALUE} if the outcome is unknown: the call may have run, may
     *     still run, or never runs
     * @param step the states in which the model may be after the call, which explain its response; none if nothing does
     * @param unknownStep all states that are possible after it if there is no response
     */
    record Call<S>(String text, long start, long end, Function<S, List<S>> step, Function<S, List<S>> unknownStep) {

        Call<S> withoutResponse() {
            return new Call<>(text, start, Long.MAX_VALUE, unknownStep, unknownStep);
        }

        boolean isUnknown() {
            return end == Long.MAX_VALUE;
        }
    }

    synchronized void add(Call<S> call) {
        calls.add(call);
    }

    /** Adds a call with its response. */
    synchronized <R> void add(
            String call, String text, long start, long end, R response, BiFunction<S, Optional<R>, List<S>> step) {
        calls.add(new Call<>(
                call + " -> " + text,
                start,
                end,
                state -> step.apply(state, Optional.of(response)),
                state -> step.apply(state, Optional.empty())));
    }

    /** Adds a call that may have run, may still run, or never runs. */
    synchronized <R> void addUnknown(String text, long start, BiFunction<S, Optional<R>, List<S>> step) {
        Function<S, List<S>> unknownStep = state -> step.apply(state, Optional.empty());
        calls.add(new Call<>(text + " -> ?", start, Long.MAX_VALUE, unknownStep, unknownStep));
        unknown++;
    }

    /** Whether clients should send no more calls for this object, so that the search stays small. */
    synchronized boolean isFull() {
        return calls.size() >= MOST_CALLS - 10 || unknown >= MOST_UNKNOWN;
    }

    synchronized List<Call<S>> calls() {
        return calls.stream().sorted(Comparator.comparingLong(Call::start)).toList();
    }

    /** What is known of the calls that started before this time; a response after it counts as none. */
    List<Call<S>> callsBefore(long time) {
        return calls().stream()
                .filter(call -> call.start() < time)
                .map(call -> call.end() <= time ? call : call.withoutResponse())
                .toList();
    }

    static <S> String text(List<Call<S>> calls) {
        long first = calls.isEmpty() ? 0 : calls.get(0).start();
        return calls.stream()
                .map(call -> "  %8.1f .. %-8s %s"
                        .formatted(
                                (call.start() - first) / 1e6,
                                call.isUnknown() ? "?" : "%.1f".formatted((call.end() - first) / 1e6),
                                call.text()))
                .collect(Collectors.joining("\n"));
    }
}
