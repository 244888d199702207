package io.flowhub.ephemeral.client;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.StatusOr;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;

/** Stands in for a DNS name with several addresses, which no test can count on. */
final class StaticNames extends NameResolverProvider implements AutoCloseable {

    private static final String SCHEME = "test-static";

    private final List<EquivalentAddressGroup> addresses;

    static StaticNames register(int... ports) {
        StaticNames names = new StaticNames(Arrays.stream(ports)
                .mapToObj(port -> new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .map(EquivalentAddressGroup::new)
                .toList());
        NameResolverRegistry.getDefaultRegistry().register(names);
        return names;
    }

    private StaticNames(List<EquivalentAddressGroup> addresses) {
        this.addresses = addresses;
    }

    String target() {
        return SCHEME + ":///ephemeral";
    }

    @Override
    public void close() {
        NameResolverRegistry.getDefaultRegistry().deregister(this);
    }

    @Override
    public NameResolver newNameResolver(URI target, NameResolver.Args args) {
        return new NameResolver() {
            @Override
            public String getServiceAuthority() {
                return "ephemeral";
            }

            @Override
            public void start(Listener2 listener) {
                listener.onResult(ResolutionResult.newBuilder()
                        .setAddressesOrError(StatusOr.fromValue(addresses))
                        .build());
            }

            @Override
            public void shutdown() {}
        };
    }

    @Override
    public String getDefaultScheme() {
        return SCHEME;
    }

    @Override
    protected boolean isAvailable() {
        return true;
    }

    @Override
    protected int priority() {
        return 5;
    }
}
