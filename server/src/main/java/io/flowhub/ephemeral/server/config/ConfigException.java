package io.flowhub.ephemeral.server.config;

import java.util.List;

/** A configuration that cannot be used, with every problem found in it. No message holds a secret. */
public final class ConfigException extends Exception {

    private static final long serialVersionUID = 1;

    ConfigException(List<String> problems) {
        super(String.join(System.lineSeparator(), problems));
    }
}
