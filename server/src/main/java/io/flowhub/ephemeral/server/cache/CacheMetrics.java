package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.BudgetFullException;
import io.flowhub.ephemeral.server.metrics.EnumCounter;
import io.flowhub.ephemeral.server.metrics.Metrics;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.concurrent.CompletableFuture;

/** Counts the results of reads and puts. Each object of a batch counts. */
final class CacheMetrics {

    private final OfKind users;
    private final OfKind products;

    CacheMetrics(PrometheusRegistry registry) {
        Counter reads = counter(registry, "ephemeral_cache_reads_total", "Cached objects in responses, by state");
        Counter writes = counter(
                registry,
                "ephemeral_cache_writes_total",
                "Puts by result: not stored are lease_lost, if the lease is not the current one, and refused, if Redis is full");
        Counter leases = counter(
                registry,
                "ephemeral_cache_leases_total",
                "Reads that got the lease to load the object, and misses that must wait for the caller with the lease");
        this.users = new OfKind("user", reads, writes, leases);
        this.products = new OfKind("product", reads, writes, leases);
    }

    private static Counter counter(PrometheusRegistry registry, String name, String help) {
        return Metrics.counter(registry, name, help, "kind", "result");
    }

    OfKind users() {
        return users;
    }

    OfKind products() {
        return products;
    }

    /** The series of users, or of products. */
    static final class OfKind {

        private final EnumCounter<CacheResult.State> states;
        private final CounterDataPoint granted;
        private final CounterDataPoint held;
        private final CounterDataPoint stored;
        private final CounterDataPoint leaseLost;
        private final CounterDataPoint refused;

        private OfKind(String kind, Counter reads, Counter writes, Counter leases) {
            this.states = EnumCounter.of(reads, CacheResult.State.class, kind);
            this.granted = leases.labelValues(kind, "granted");
            this.held = leases.labelValues(kind, "held");
            this.stored = writes.labelValues(kind, "stored");
            this.leaseLost = writes.labelValues(kind, "lease_lost");
            this.refused = writes.labelValues(kind, "refused");
        }

        void onRead(CacheResult result) {
            states.count(result.state());
            if (!result.lease().isEmpty()) {
                granted.inc();
            } else if (result.waitMillis() > 0) {
                held.inc();
            }
        }

        /** @param put completes with whether the entry was stored */
        CompletableFuture<Boolean> countPut(CompletableFuture<Boolean> put) {
            return put.whenComplete((isStored, failure) -> {
                if (failure == null) {
                    (isStored ? stored : leaseLost).inc();
                } else if (Futures.unwrap(failure) instanceof BudgetFullException) {
                    refused.inc();
                }
            });
        }
    }
}
