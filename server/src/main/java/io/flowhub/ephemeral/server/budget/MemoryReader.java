package io.flowhub.ephemeral.server.budget;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.redis.RedisClient;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Reads the memory of every master. */
final class MemoryReader {

    private final BudgetSettings settings;
    private final RedisClient redis;

    MemoryReader(BudgetSettings settings, RedisClient redis) {
        this.settings = settings;
        this.redis = redis;
    }

    /** Completes with the memory of all masters. Fails if one read fails. */
    CompletableFuture<List<MasterMemory>> readAll() {
        return Futures.allAsList(readEach());
    }

    /** Completes with the memory of the masters that reply. Fails if none does. */
    CompletableFuture<List<MasterMemory>> readAvailable() {
        List<CompletableFuture<Optional<MasterMemory>>> reads =
                readEach().stream().map(read -> read.thenApply(Optional::of)).toList();
        return Futures.allSettled(reads, failure -> Optional.empty())
                .thenApply(masters -> masters.stream().flatMap(Optional::stream).toList());
    }

    private List<CompletableFuture<MasterMemory>> readEach() {
        List<String> routingKeys = redis.keyPerMaster();
        long defaultMaxBytes = settings.maxMemory().bytes() / routingKeys.size();
        return routingKeys.stream()
                .map(key -> redis.callUncancellable(MasterMemory.readOperation(key, defaultMaxBytes)))
                .toList();
    }
}
