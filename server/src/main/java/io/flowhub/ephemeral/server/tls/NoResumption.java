package io.flowhub.ephemeral.server.tls;

import io.grpc.netty.shaded.io.netty.handler.ssl.DelegatingSslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.OpenSslSessionContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.internal.tcnative.SSL;
import javax.net.ssl.SSLEngine;

/**
 * Keeps no session and issues no ticket. The certificate of a client that resumes a session is not checked again: for two
 * days it would be accepted after it expired, or after its authority was removed. gRPC clients do not resume.
 */
final class NoResumption extends DelegatingSslContext {

    NoResumption(SslContext context) {
        super(context);
        context.sessionContext().setSessionTimeout(1); // without native OpenSSL this is all
        if (context.sessionContext() instanceof OpenSslSessionContext sessions) {
            sessions.setSessionCacheEnabled(false);
        }
    }

    @Override
    protected void initEngine(SSLEngine engine) {
        if (engine instanceof ReferenceCountedOpenSslEngine openSsl) {
            SSL.setOptions(openSsl.sslPointer(), SSL.SSL_OP_NO_TICKET);
        }
    }
}
