package io.flowhub.ephemeral.server.caller;

import io.flowhub.ephemeral.server.error.UnauthenticatedException;
import io.grpc.Metadata;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The callers of one version of the file, by their credentials.
 *
 * @param anonymous the caller without a credential, or null
 */
record Callers(
        Map<Digest, Caller> byToken,
        Map<String, Caller> byCertificate,
        @Nullable Caller anonymous) {

    private static final String BEARER = "Bearer ";

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    /** @throws IllegalArgumentException if two callers have the same credential */
    static Callers of(List<Caller> callers) {
        Map<Digest, Caller> byToken = new HashMap<>();
        Map<String, Caller> byCertificate = new HashMap<>();
        @Nullable Caller anonymous = null;
        for (Caller caller : callers) {
            for (Digest token : caller.tokens()) {
                unique(byToken.put(token, caller), caller, "token");
            }
            for (String name : caller.certificates()) {
                unique(byCertificate.put(name, caller), caller, "certificate");
            }
            if (caller.name().equals(Caller.ANONYMOUS)) {
                anonymous = caller;
            }
        }
        return new Callers(Map.copyOf(byToken), Map.copyOf(byCertificate), anonymous);
    }

    /** Each caller, perhaps several times. */
    Stream<Caller> all() {
        return Stream.concat(
                Stream.ofNullable(anonymous),
                Stream.concat(byToken.values().stream(), byCertificate.values().stream()));
    }

    private static void unique(@Nullable Caller other, Caller caller, String credential) {
        if (other != null) {
            throw new IllegalArgumentException(
                    caller.name() + ": has a " + credential + " that " + other.name() + " has too");
        }
    }

    /**
     * Returns the caller of a call. A token counts before a certificate, and one that is not valid is never ignored.
     *
     * @param certificateNames the names in the client certificate of the connection; null without one
     * @throws UnauthenticatedException if the call proves no caller
     */
    Caller identify(Metadata headers, @Nullable Set<String> certificateNames) {
        Iterable<String> authorizations = headers.getAll(AUTHORIZATION);
        if (authorizations != null) {
            Iterator<String> each = authorizations.iterator();
            String authorization = each.next();
            if (each.hasNext()) {
                throw new UnauthenticatedException("the call has more than one authorization header");
            }
            Caller caller = authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
                    ? byToken.get(Digest.of(authorization.substring(BEARER.length())))
                    : null;
            return require(caller, "the bearer token is not valid");
        }
        if (certificateNames == null) {
            return require(anonymous, "the call has no bearer token, and its connection no client certificate");
        }
        Caller caller = certificateNames.stream()
                .map(byCertificate::get)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
        return require(caller, "the client certificate names no caller");
    }

    private static Caller require(@Nullable Caller caller, String message) {
        if (caller == null) {
            throw new UnauthenticatedException(message);
        }
        return caller;
    }
}
