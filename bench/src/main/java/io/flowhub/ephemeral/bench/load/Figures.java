package io.flowhub.ephemeral.bench.load;

/** What one measurement found. */
record Figures(long calls, long nanos, long loadCpuNanos, Outcomes outcomes, LatencyHistogram latencies) {

    double perSecond() {
        return calls * 1e9 / nanos;
    }

    /** Part of a line of {@code key=value}. */
    @Override
    public String toString() {
        return "calls=%d failed=%d failures=%s seconds=%.2f per_second=%.0f p50_us=%.1f p99_us=%.1f p999_us=%.1f max_us=%.1f load_us=%.2f"
                .formatted(
                        calls,
                        outcomes.failed(),
                        outcomes.failures(),
                        nanos / 1e9,
                        perSecond(),
                        latencies.micros(0.5),
                        latencies.micros(0.99),
                        latencies.micros(0.999),
                        latencies.maxMicros(),
                        loadCpuNanos / 1e3 / calls);
    }
}
