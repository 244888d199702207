package io.flowhub.ephemeral.spring.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class ConfigurationMetadataTest {

    private static final Pattern NAME_TYPE_DESCRIPTION = Pattern.compile(
            "\"name\": \"(ephemeral[^\"]*)\",\\s*\"type\": \"[^\"]*\",\\s*\"description\": \"[^\"]+[.]\"");

    @Test
    void editorsKnowEveryPropertyAndWhatItDoes() throws Exception {
        List<String> described = new ArrayList<>();
        for (var file : Collections.list(
                getClass().getClassLoader().getResources("META-INF/spring-configuration-metadata.json"))) {
            try (InputStream in = file.openStream()) {
                Matcher property = NAME_TYPE_DESCRIPTION.matcher(new String(in.readAllBytes(), StandardCharsets.UTF_8));
                while (property.find()) {
                    described.add(property.group(1));
                }
            }
        }
        assertThat(described)
                .containsExactlyInAnyOrder(
                        "ephemeral.client.target",
                        "ephemeral.client.plaintext",
                        "ephemeral.client.ca",
                        "ephemeral.client.certificate",
                        "ephemeral.client.key",
                        "ephemeral.client.ssl.bundle",
                        "ephemeral.client.token-file",
                        "ephemeral.client.allow-clear-text-token",
                        "ephemeral.client.deadline",
                        "ephemeral.client.keep-alive",
                        "ephemeral.client.max-cache-wait",
                        "ephemeral.client.max-loads",
                        "ephemeral.client.load-deadline",
                        "ephemeral.client.rate-limit.deadline",
                        "ephemeral.client.rate-limit.on-unavailable");
    }
}
