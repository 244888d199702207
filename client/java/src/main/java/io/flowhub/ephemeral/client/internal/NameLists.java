package io.flowhub.ephemeral.client.internal;

import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Targets of several names: {@code ephemeral-list:///host:port,host:port}. */
public final class NameLists extends NameResolverProvider {

    public static final String SCHEME = "ephemeral-list";

    private static final NameLists REGISTERED = new NameLists();

    static {
        NameResolverRegistry.getDefaultRegistry().register(REGISTERED);
    }

    /** Makes gRPC resolve such targets. */
    public static void register() {} // The class was initialized.

    private NameLists() {}

    @Override
    public @Nullable NameResolver newNameResolver(URI target, NameResolver.Args args) {
        if (!SCHEME.equals(target.getScheme())) {
            return null;
        }
        List<NameResolver> resolvers = new ArrayList<>();
        for (String name : Targets.names(target.getPath().substring(1))) {
            resolvers.add(
                    NameResolverRegistry.getDefaultRegistry().asFactory().newNameResolver(Targets.dns(name), args));
        }
        return new NameListResolver(resolvers, args);
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
        return 0;
    }
}
