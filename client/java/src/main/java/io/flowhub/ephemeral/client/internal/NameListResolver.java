package io.flowhub.ephemeral.client.internal;

import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.Status;
import io.grpc.StatusOr;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Resolves several names, each with a resolver of its own, to the addresses of all. */
final class NameListResolver extends NameResolver {

    /** A name that failed while others have addresses is resolved again after this time. */
    private static final long RETRY_SECONDS = 5;

    private final List<NameResolver> resolvers;
    private final Args args;

    /** The latest result of each resolver. Used in the synchronization context of the channel only, as all below. */
    private final List<@Nullable StatusOr<List<EquivalentAddressGroup>>> results = new ArrayList<>();

    private @Nullable ScheduledFuture<?> retry;
    private boolean ended;

    NameListResolver(List<NameResolver> resolvers, Args args) {
        this.resolvers = resolvers;
        this.args = args;
        resolvers.forEach(resolver -> results.add(null));
    }

    /** Of calls; the certificate of each server is checked for the name that the server was found by. */
    @Override
    public String getServiceAuthority() {
        return resolvers.get(0).getServiceAuthority();
    }

    @Override
    public void start(Listener2 listener) {
        for (int i = 0; i < resolvers.size(); i++) {
            int index = i;
            resolvers.get(i).start(new Listener2() {
                @Override
                public void onResult(ResolutionResult result) {
                    receive(index, result.getAddressesOrError(), listener);
                }

                @Override
                public void onError(Status error) {
                    receive(index, StatusOr.fromStatus(error), listener);
                }
            });
        }
    }

    private void receive(int index, StatusOr<List<EquivalentAddressGroup>> result, Listener2 listener) {
        args.getSynchronizationContext().execute(() -> {
            if (ended) {
                return;
            }
            results.set(index, result);
            List<EquivalentAddressGroup> addresses = addresses();
            Optional<Status> error = firstError();
            if (!addresses.isEmpty()) {
                error.ifPresent(unused -> retryLater());
                listener.onResult(ResolutionResult.newBuilder()
                        .setAddressesOrError(StatusOr.fromValue(addresses))
                        .build());
            } else if (!results.contains(null)) {
                listener.onError(error.orElse(Status.UNAVAILABLE.withDescription("No name has an address")));
            }
        });
    }

    private List<EquivalentAddressGroup> addresses() {
        List<EquivalentAddressGroup> addresses = new ArrayList<>();
        for (int i = 0; i < resolvers.size(); i++) {
            StatusOr<List<EquivalentAddressGroup>> result = results.get(i);
            if (result != null && result.hasValue()) {
                Attributes authority = Attributes.newBuilder()
                        .set(
                                EquivalentAddressGroup.ATTR_AUTHORITY_OVERRIDE,
                                resolvers.get(i).getServiceAuthority())
                        .build();
                result.getValue()
                        .forEach(group -> addresses.add(new EquivalentAddressGroup(group.getAddresses(), authority)));
            }
        }
        return addresses;
    }

    private Optional<Status> firstError() {
        for (StatusOr<List<EquivalentAddressGroup>> result : results) {
            if (result != null && !result.hasValue()) {
                return Optional.of(result.getStatus());
            }
        }
        return Optional.empty();
    }

    private void retryLater() {
        if (retry == null || retry.isDone()) {
            retry = args.getScheduledExecutorService()
                    .schedule(
                            () -> args.getSynchronizationContext().execute(this::refresh),
                            RETRY_SECONDS,
                            TimeUnit.SECONDS);
        }
    }

    @Override
    public void refresh() {
        if (!ended) {
            resolvers.forEach(NameResolver::refresh);
        }
    }

    @Override
    public void shutdown() {
        ended = true;
        if (retry != null) {
            retry.cancel(false);
        }
        resolvers.forEach(NameResolver::shutdown);
    }
}
