package io.flowhub.ephemeral.server.caller;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Reads the names in the client's certificate once per connection: its subject alternative names of the types URI and DNS.
 * The common name is not read, since nothing restricts which names a CA lets into it.
 */
final class CertificateNames extends ServerTransportFilter {

    private static final Attributes.Key<Set<String>> NAMES = Attributes.Key.create("names of the client certificate");

    private static final int DNS = 2;
    private static final int URI = 6;

    /** The names of the connection with these attributes; null without a client certificate. */
    static @Nullable Set<String> of(Attributes connection) {
        return connection.get(NAMES);
    }

    @Override
    public Attributes transportReady(Attributes connection) {
        SSLSession session = connection.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
        Set<String> names = session == null ? null : names(session);
        return names == null
                ? connection
                : connection.toBuilder().set(NAMES, names).build();
    }

    private static @Nullable Set<String> names(SSLSession session) {
        try {
            return session.getPeerCertificates()[0] instanceof X509Certificate leaf ? names(leaf) : Set.of();
        } catch (SSLPeerUnverifiedException e) { // the client presented none
            return null;
        } catch (CertificateParsingException e) {
            return Set.of();
        }
    }

    private static Set<String> names(X509Certificate certificate) throws CertificateParsingException {
        Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
        Set<String> names = new LinkedHashSet<>();
        if (alternatives != null) {
            for (List<?> alternative : alternatives) {
                int type = (Integer) alternative.get(0);
                if (type == DNS || type == URI) {
                    names.add((String) alternative.get(1));
                }
            }
        }
        return names;
    }
}
