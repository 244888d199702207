package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
@Tag("quick")
class WatchedUserTest {

    private final WatchedUser user = new WatchedUser("u");

    private static UserState state(boolean online, long version) {
        return new UserState("u", online, version, 0);
    }

    @Test
    void olderStateIsIgnored() {
        assertThat(user.update(state(true, 10))).isTrue();
        assertThat(user.update(state(false, 9))).isFalse();
        assertThat(user.isOnline()).isTrue();
        assertThat(user.update(state(false, 11))).isTrue();
        assertThat(user.toProto().getVersion()).isEqualTo(11);
    }

    @Test
    void outdatedStateKeepsItsVersionUntilTheNextOneWhichMayBeOlder() {
        user.update(state(true, 10));
        user.outdate();
        assertThat(user.toProto().getVersion()).isEqualTo(10);
        assertThat(user.isOnline()).isTrue();
        assertThat(user.update(state(false, 5))).isTrue();
        assertThat(user.toProto().getVersion()).isEqualTo(5);
        assertThat(user.update(state(true, 4))).isFalse();
    }
}
