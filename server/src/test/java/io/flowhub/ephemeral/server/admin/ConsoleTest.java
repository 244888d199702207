package io.flowhub.ephemeral.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.flowhub.ephemeral.server.fixture.FreePorts;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.log.RecentEvents;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The console at {@code /} as a browser gets it, and the events that it shows. What it displays: {@code .ci/console}. */
@Tag("contract")
class ConsoleTest {

    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private final int port = FreePorts.next();

    @Test
    @SuppressWarnings("try") // the server only listens
    void pageLoadsNothingFromElsewhereAndNoSiteMayEmbedIt() throws Exception {
        try (TestServer server = TestServer.shared("admin.port: " + port)) {
            Map<String, String> types = Map.of(
                    "/", "text/html; charset=utf-8",
                    "/console.css", "text/css; charset=utf-8",
                    "/console.js", "text/javascript; charset=utf-8",
                    "/events", "application/json");
            for (Map.Entry<String, String> page : types.entrySet()) {
                HttpResponse<String> response = send("GET", page.getKey());
                assertThat(response.statusCode()).as(page.getKey()).isEqualTo(200);
                assertHeader(response, "Content-Type", page.getValue());
                assertHeader(response, "Cache-Control", "no-store");
                assertHeader(response, "X-Content-Type-Options", "nosniff");
                assertHeader(response, "Cross-Origin-Resource-Policy", "same-origin");
                assertHeader(
                        response,
                        "Content-Security-Policy",
                        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:;"
                                + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
                assertThat(send("HEAD", page.getKey()).body()).isEmpty();
                assertThat(send("POST", page.getKey()).statusCode()).isEqualTo(405);
            }
            assertThat(send("GET", "/").body())
                    .startsWith("<!doctype html>")
                    .doesNotContain("<style", " style=", " onclick=")
                    .containsOnlyOnce("<script");
            assertThat(send("GET", "/console.js").body())
                    .doesNotContain("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "https:");
            assertThat(send("GET", "/console.html").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void eventsAreTheLatestWarningsAndOwnLinesWithoutTextOfExceptions() throws IOException {
        Logger own = LoggerFactory.getLogger("io.flowhub.ephemeral.server.Example");
        Logger library = LoggerFactory.getLogger("org.example.Library");
        try (RecentEvents events = RecentEvents.open()) {
            own.debug("detail");
            own.info("started\n\"quoted\"");
            library.info("detail");
            library.warn("warning", new IllegalStateException("secret"));
            own.atInfo().addKeyValue("event", "named").log("x".repeat(600));

            assertThat(values(events.json(), "text"))
                    .startsWith("x".repeat(500) + "...", "warning: IllegalStateException", "started\n\"quoted\"")
                    .doesNotContain("detail");
            assertThat(values(events.json(), "event")).startsWith("named", "", "");
            assertThat(values(events.json(), "level")).startsWith("INFO", "WARN", "INFO");
            assertThat(values(events.json(), "logger")).startsWith("Example", "Library", "Example");

            for (int i = 0; i < 60; i++) {
                LoggerFactory.getLogger("org.example.Library" + i).warn("warning {}", i);
            }
            assertThat(values(events.json(), "text")).hasSize(50).startsWith("warning 59");
        }
    }

    /** The values of one field of all events. */
    private static List<String> values(String json, String name) throws IOException {
        List<String> values = new ArrayList<>();
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            while (parser.nextToken() != null) {
                if (parser.currentToken() == JsonToken.VALUE_STRING && name.equals(parser.currentName())) {
                    values.add(parser.getText());
                }
            }
        }
        return values;
    }

    private static void assertHeader(HttpResponse<String> response, String name, String value) {
        assertThat(response.headers().allValues(name)).as(name).containsExactly(value);
    }

    private HttpResponse<String> send(String method, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .method(method, BodyPublishers.ofByteArray(new byte[0]))
                .build();
        return CLIENT.send(request, BodyHandlers.ofString());
    }
}
