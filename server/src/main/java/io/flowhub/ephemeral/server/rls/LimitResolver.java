package io.flowhub.ephemeral.server.rls;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitRequest;
import io.flowhub.ephemeral.server.rls.DescriptorLimit.Counted;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Finds what limits the descriptors of a request. */
final class LimitResolver {

    private final RlsRequests requests;
    private final boolean countDenied;
    private final RuleMetrics metrics;

    /** By rule; a rule that a reload removed is not kept. Compared by identity. */
    private final Cache<Rule, OfRule> rules =
            Caffeine.newBuilder().weakKeys().executor(Runnable::run).build();

    /** @param metricKeys the keys of the series */
    private record OfRule(AppliedLimit applied, List<String> metricKeys, RuleSeries series) {}

    LimitResolver(RlsSettings settings, RuleMetrics metrics) {
        this.requests = new RlsRequests(settings.longestUnit());
        this.countDenied = settings.countDenied();
        this.metrics = metrics;
    }

    /** Returns the limit of each descriptor of a valid request, in their order. */
    List<DescriptorLimit> resolve(RateLimitRequest request, RuleTable table) {
        int count = request.getDescriptorsCount();
        List<DescriptorLimit> limits = new ArrayList<>(count);
        List<String> names = new ArrayList<>(count);
        Set<String> replaced = Set.of();
        for (int i = 0; i < count; i++) {
            RateLimitDescriptor descriptor = request.getDescriptors(i);
            String domain = request.getDomain();
            String name = "";
            if (descriptor.hasLimit()) {
                Limit limit = requests.override(descriptor.getLimit(), i);
                limits.add(table.hasDomain(domain) ? ofDescriptor(request, descriptor, limit) : DescriptorLimit.NONE);
            } else {
                RuleMatch match = table.match(domain, descriptor.getEntriesList());
                limits.add(match == null ? DescriptorLimit.NONE : ofRule(request, descriptor, match));
                if (match != null) {
                    name = match.rule().name();
                    replaced = union(replaced, match.rule().replaces());
                }
            }
            names.add(name);
        }
        for (int i = 0; i < count && !replaced.isEmpty(); i++) {
            if (limits.get(i) instanceof Counted && replaced.contains(names.get(i))) {
                limits.set(i, DescriptorLimit.NONE);
            }
        }
        return limits;
    }

    private static Set<String> union(Set<String> names, List<String> further) {
        if (further.isEmpty()) {
            return names;
        }
        Set<String> union = new HashSet<>(names);
        union.addAll(further);
        return union;
    }

    private DescriptorLimit ofRule(RateLimitRequest request, RateLimitDescriptor descriptor, RuleMatch match) {
        Limit limit = match.rule().limit();
        if (limit == null) {
            return DescriptorLimit.UNLIMITED;
        }
        OfRule rule = rules.getIfPresent(match.rule());
        if (rule == null) {
            String action = CounterName.action(request.getDomain(), descriptor.getEntriesList(), limit);
            rule = new OfRule(
                    AppliedLimit.ofRule(match.rule(), limit, action, countDenied),
                    match.metricKeys(),
                    metrics.of(request.getDomain(), match.metricKeys()));
            rules.put(match.rule(), rule);
        }
        RuleSeries series = rule.metricKeys().equals(match.metricKeys())
                ? rule.series()
                : metrics.of(request.getDomain(), match.metricKeys());
        return counted(request, descriptor, rule.applied(), match.counterValues(), series);
    }

    private DescriptorLimit ofDescriptor(RateLimitRequest request, RateLimitDescriptor descriptor, Limit limit) {
        List<Entry> entries = descriptor.getEntriesList();
        String action = CounterName.action(request.getDomain(), entries, limit);
        return counted(
                request,
                descriptor,
                AppliedLimit.ofDescriptor(limit, action, countDenied),
                entries.stream().map(Entry::getValue).toList(),
                metrics.of(
                        request.getDomain(),
                        entries.stream().map(Entry::getKey).toList())); // without values: they are those of clients
    }

    private static Counted counted(
            RateLimitRequest request,
            RateLimitDescriptor descriptor,
            AppliedLimit applied,
            List<String> values,
            RuleSeries series) {
        long hits = RlsRequests.hits(request, descriptor);
        return new Counted(
                applied,
                CounterName.key(values, applied.action()),
                hits,
                descriptor.getIsNegativeHits() && hits > 0,
                series);
    }
}
