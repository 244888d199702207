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
 * {@code CacheService/GetCachedUser}. All versions of reflection are one. What another protocol reads needs the right to the
 * RPC that reads the same.
 */
final class RightNames {

    private static final String GET_FLAG = "FeatureFlagService/GetFlag";

    /** The right to all methods of a service of another protocol. */
    private static final Map<String, String> FOREIGN =
            Map.of("flagd.evaluation.v1.Service", GET_FLAG, "flagd.evaluation.v2.Service", GET_FLAG);

    private final Map<String, Set<String>> methods = new TreeMap<>();

    /** @param services all that this server serves */
    RightNames(List<ServiceDescriptor> services) {
        for (ServiceDescriptor service : services) {
            for (MethodDescriptor<?, ?> method : service.getMethods()) {
                String full = method.getFullMethodName();
                String right = of(method);
                String ofService = right.substring(0, right.indexOf('/'));
                methods.computeIfAbsent(ofService, name -> new HashSet<>()).add(full);
                methods.computeIfAbsent(right, name -> new HashSet<>()).add(full);
            }
        }
    }

    /** The name of the right to a method. */
    static String of(MethodDescriptor<?, ?> method) {
        String service = String.valueOf(method.getServiceName());
        String foreign = FOREIGN.get(service);
        return foreign == null ? RpcName.of(method) : foreign;
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
