package io.flowhub.ephemeral.server.admin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.flowhub.ephemeral.server.event.LogEvent;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP listener. It runs on threads of its own, which end when they are idle. A connection holds one while it sends its
 * request, so there are as many as connections: a slow client does not delay probes. While all connections are taken, the
 * JDK closes further ones; it closes silent ones after about 10 seconds.
 */
public final class AdminListener implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(AdminListener.class);
    private static final LogEvent TAKEN = LogEvent.warn(
            "admin_port_taken",
            "No metrics and no HTTP probes: {address} is taken (set admin.port to another one, or to 0)");
    private static final LogEvent PAGE_FAILED = LogEvent.error("admin_page_failed", "Unexpected error in {path}");

    private static final int DEFAULT_PORT = 9_091;
    private static final int MAX_CONNECTIONS = 32;
    private static final int IDLE_SECONDS = 10;

    /** The JDK reads these once; it has no limits without them. The times are in seconds. */
    private static final Map<String, String> LIMITS = Map.of(
            "jdk.httpserver.maxConnections",
            String.valueOf(MAX_CONNECTIONS),
            "sun.net.httpserver.maxReqTime",
            "5",
            "sun.net.httpserver.maxRspTime",
            "10");

    /** Of each response. The console loads nothing from elsewhere, and no other site can embed or read what is here. */
    private static final Map<String, String> HEADERS = Map.of(
            "Cache-Control",
            "no-store",
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:;"
                    + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "Cross-Origin-Resource-Policy",
            "same-origin",
            "Referrer-Policy",
            "no-referrer",
            "X-Content-Type-Options",
            "nosniff");

    /** As a client writes it that was not given a name: an address or localhost, and the port. */
    private static final Pattern LOOPBACK_HOST = Pattern.compile("(?i)(localhost|[\\d.]+|\\[[\\da-f:.]+])(:\\d+)?");

    private final @Nullable HttpServer http;
    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            0, MAX_CONNECTIONS, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                Thread thread = new Thread(task, "admin");
                thread.setDaemon(true);
                return thread;
            });

    /**
     * Listens, unless the settings turn it off.
     *
     * @param pages by path; read only if it listens
     * @throws IOException if the port of the settings cannot be used
     */
    public static AdminListener open(AdminSettings settings, Supplier<Map<String, Supplier<Page>>> pages)
            throws IOException {
        Integer port = settings.port();
        HttpServer http = port != null && port == 0 ? null : listen(settings);
        return new AdminListener(http, http == null ? Map.of() : pages.get());
    }

    private static @Nullable HttpServer listen(AdminSettings settings) throws IOException {
        LIMITS.forEach((name, value) -> System.getProperties().putIfAbsent(name, value));
        int port = Objects.requireNonNullElse(settings.port(), DEFAULT_PORT);
        try {
            return HttpServer.create(new InetSocketAddress(settings.host(), port), MAX_CONNECTIONS);
        } catch (BindException e) {
            if (settings.port() == null) {
                TAKEN.log(log, settings.host() + ":" + port);
                return null;
            }
            throw new IOException("admin.port: " + settings.host() + ":" + port + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw new IOException("admin.host: " + settings.host() + ": " + e.getMessage(), e);
        }
    }

    /**
     * On loopback, browsers of this machine are the peers that the network does not keep away: a page of a name that its
     * owner resolves to 127.0.0.1 would read what is here.
     */
    private static boolean isForeign(HttpExchange exchange) {
        String host = exchange.getRequestHeaders().getFirst("Host");
        return exchange.getLocalAddress().getAddress().isLoopbackAddress()
                && host != null
                && !LOOPBACK_HOST.matcher(host).matches();
    }

    private AdminListener(@Nullable HttpServer http, Map<String, Supplier<Page>> pages) {
        this.http = http;
        if (http != null) {
            http.setExecutor(threads);
            http.createContext("/", exchange -> answer(exchange, pages));
            http.start();
        }
    }

    /** Whether the metrics can be read at all. */
    public boolean isListening() {
        return http != null;
    }

    private static void answer(HttpExchange exchange, Map<String, Supplier<Page>> pages) throws IOException {
        try (exchange) {
            Page page = page(exchange, pages);
            exchange.getResponseHeaders().set("Content-Type", page.contentType());
            HEADERS.forEach(exchange.getResponseHeaders()::set);
            if (page.status() == Page.METHOD_NOT_ALLOWED) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
            }
            if (exchange.getRequestMethod().equals("HEAD")) {
                exchange.sendResponseHeaders(page.status(), -1);
            } else {
                byte[] body = page.body().getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(page.status(), body.length);
                exchange.getResponseBody().write(body);
            }
        }
    }

    private static Page page(HttpExchange exchange, Map<String, Supplier<Page>> pages) {
        if (isForeign(exchange)) {
            return Page.text(Page.FORBIDDEN, "the host is not an address or localhost");
        }
        Supplier<Page> page = pages.get(exchange.getRequestURI().getPath());
        if (page == null) {
            return Page.text(Page.NOT_FOUND, "not found; there are " + String.join(", ", pages.keySet()));
        }
        String method = exchange.getRequestMethod();
        if (!method.equals("GET") && !method.equals("HEAD")) {
            return Page.text(Page.METHOD_NOT_ALLOWED, "not allowed");
        }
        try {
            return page.get();
        } catch (RuntimeException e) {
            PAGE_FAILED.log(log, exchange.getRequestURI().getPath(), e);
            return Page.text(Page.INTERNAL_ERROR, "internal error; see the log of the server");
        }
    }

    /** Where the listener is: {@code http://127.0.0.1:9091}, or "off". */
    public String describe() {
        return http == null ? "off" : "http:/" + http.getAddress();
    }

    /** Ends open requests. */
    @Override
    public void close() {
        if (http != null) {
            http.stop(0);
        }
        threads.shutdownNow();
    }
}
