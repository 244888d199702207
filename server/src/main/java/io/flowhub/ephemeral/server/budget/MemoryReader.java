package io.flowhub.ephemeral.server.budget;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.redis.RedisClient;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/** Asks every master for its memory. */
final class MemoryReader {

    private final BudgetSettings settings;
    private final RedisClient redis;

    MemoryReader(BudgetSettings settings, RedisClient redis) {
        this.settings = settings;
        this.redis = redis;
    }

    /** Completes with the answers of all masters, or fails. */
    CompletableFuture<List<MasterMemory>> readAll() {
        List<CompletableFuture<MasterMemory>> answers = ask();
        return Futures.allAsList(answers);
    }

    /** Completes with the answers of those masters that answer; fails if none does. */
    CompletableFuture<List<MasterMemory>> readAvailable() {
        List<CompletableFuture<MasterMemory>> answers = ask();
        return allOf(answers)
                .exceptionallyCompose(failure -> answers.stream().allMatch(CompletableFuture::isCompletedExceptionally)
                        ? CompletableFuture.failedFuture(failure)
                        : CompletableFuture.completedFuture(null))
                .thenApply(done -> answersOf(answers));
    }

    private List<CompletableFuture<MasterMemory>> ask() {
        List<String> steeringKeys = redis.keyPerMaster();
        long share = settings.maxMemory().bytes() / steeringKeys.size();
        return steeringKeys.stream()
                .map(key -> redis.callUncancellable(MasterMemory.read(key, share)))
                .toList();
    }

    private static CompletableFuture<Void> allOf(Collection<CompletableFuture<MasterMemory>> answers) {
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
    }

    /** All are done, so none is waited for. */
    private static List<MasterMemory> answersOf(List<CompletableFuture<MasterMemory>> answers) {
        return answers.stream()
                .filter(answer -> !answer.isCompletedExceptionally())
                .map(answer -> Objects.requireNonNull(answer.getNow(null)))
                .toList();
    }
}
