package io.flowhub.ephemeral.server.caller;

import io.flowhub.ephemeral.server.config.Suggestion;
import io.flowhub.ephemeral.server.rpc.RpcName;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The names of rights: a service, such as {@code CacheService}, or one of its methods, such as
 * {@code CacheService/GetCachedUser}. All versions of reflection are one.
 */
final class RightNames {

    private final Map<String, Set<String>> methods = new TreeMap<>();

    /** @param services all that this server serves */
    RightNames(List<ServiceDescriptor> services) {
        for (ServiceDescriptor service : services) {
            for (MethodDescriptor<?, ?> method : service.getMethods()) {
                String full = method.getFullMethodName();
                methods.computeIfAbsent(RpcName.ofService(service.getName()), name -> new HashSet<>())
                        .add(full);
                methods.computeIfAbsent(RpcName.of(method), name -> new HashSet<>())
                        .add(full);
            }
        }
    }

    /** The full names of the methods that a right includes. */
    Set<String> methods(String right) {
        Set<String> included = methods.get(right);
        if (included == null) {
            throw new IllegalArgumentException("may: " + right + " is no service or RPC of this server (did you mean "
                    + Suggestion.closest(right, methods.keySet()) + "?)");
        }
        return included;
    }
}
