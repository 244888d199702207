package io.flowhub.ephemeral.server.admin;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;

/** The page for browsers. It is static: its script reads the other pages, so no text of the server becomes HTML. */
final class Console {

    static Map<String, Page> pages() {
        return Map.of(
                "/", page("console.html", "text/html"),
                "/console.css", page("console.css", "text/css"),
                "/console.js", page("console.js", "text/javascript"));
    }

    private static Page page(String file, String type) {
        try (InputStream content = Console.class.getResourceAsStream("/admin/" + file)) {
            byte[] bytes = Objects.requireNonNull(content, file).readAllBytes();
            return new Page(Page.OK, type + "; charset=utf-8", new String(bytes, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Console() {}
}
