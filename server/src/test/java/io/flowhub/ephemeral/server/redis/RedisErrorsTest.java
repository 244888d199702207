package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The errors of Redis 6.2, 7 and 8 are the same to callers. */
@Tag("unit")
class RedisErrorsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NOPERM this user has no permissions to run the 'set' command",
                "ERR The user executing the script can't run this command or subcommand script: 0a9f, on @user_script:1.",
                "ERR ACL failure in script: User e has no permissions to run the 'set' command script: 0a9f"
            })
    void denialOfTheAclInAScriptIsNoperm(String error) {
        assertThat(RedisErrors.ofText(error).metadata()).containsEntry("redis_error", "NOPERM");
    }
}
