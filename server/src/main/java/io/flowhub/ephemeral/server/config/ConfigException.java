package io.flowhub.ephemeral.server.config;

import java.util.List;

/** A rejected configuration, with every problem found in it. The message contains no secret. */
public final class ConfigException extends Exception {

    private static final long serialVersionUID = 1;

    ConfigException(List<String> problems) {
        super(String.join(System.lineSeparator(), problems));
    }
}
