package io.flowhub.ephemeral.server.caller;

import io.grpc.MethodDescriptor;
import java.util.List;
import java.util.Set;

/**
 * A caller of the file.
 *
 * @param tokens SHA-256 of its bearer tokens, at most two
 * @param certificates the names in the certificates that prove it: URIs or DNS names of the subject alternative names
 * @param methods full names of the methods that it may call
 * @param limits the values that it may send
 */
record Caller(
        String name,
        List<Digest> tokens,
        Set<String> certificates,
        Set<String> methods,
        RequestLimits limits,
        Quotas quotas) {

    /** The entry for calls without any credential. */
    static final String ANONYMOUS = "anonymous";

    /** The entry with the quotas of all callers that set none of their own. */
    static final String DEFAULT = "default";

    Caller {
        tokens = List.copyOf(tokens);
        certificates = Set.copyOf(certificates);
        methods = Set.copyOf(methods);
    }

    boolean may(MethodDescriptor<?, ?> method) {
        return methods.contains(method.getFullMethodName());
    }
}
