package io.flowhub.ephemeral.spring.cache;

/**
 * Converts objects to JSON and back. The standard one uses the mapper of Spring Boot: Jackson 3, or Jackson 2. Thread-safe.
 */
public interface JsonCodec {

    /** Returns a JSON object (RFC 8259). */
    String write(Object value) throws Exception;

    <T> T read(String json, Class<T> type) throws Exception;
}
