package io.flowhub.ephemeral.server.flagd;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.ClearFlagRequest;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc.FeatureFlagServiceBlockingStub;
import io.flowhub.ephemeral.v1.SetFlagRequest;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** The EventStream calls of both versions on every topology of Redis. */
@Tag("contract")
@OnSingleAndCluster
class FlagdEventStreamTest extends TwoServersSuite {

    private static final Duration SOON = Duration.ofSeconds(20);

    private final String user = UniqueIds.next();
    private final String feature = UniqueIds.next();

    @ParameterizedTest
    @EnumSource
    void changeOnAnyServerArrivesWithTheFeatureAndWithoutTheUser(FlagdProtocol protocol) {
        try (StreamReader<Message, Message> here = open(protocol);
                StreamReader<Message, Message> there = protocol.events(servers.second())) {
            there.awaitFirst(SOON, event -> type(event).equals("provider_ready"));
            set(feature, user);
            for (StreamReader<Message, Message> stream : List.of(here, there)) {
                stream.awaitFirst(SOON, event -> changed(event).contains(feature));
                assertThat(type(stream.all().get(0))).isEqualTo("provider_ready");
            }
            assertThat(clear(feature, user)).isTrue();
            for (StreamReader<Message, Message> stream : List.of(here, there)) {
                stream.await(
                        SOON,
                        "the change of ClearFlag",
                        events -> events.stream()
                                        .filter(event -> changed(event).contains(feature))
                                        .count()
                                == 2);
                assertThat(stream.all().toString()).doesNotContain(user);
            }
        }
    }

    @Test
    void clearOfAFlagThatIsNotSetIsNoChange() {
        try (StreamReader<Message, Message> stream = open(FlagdProtocol.V2)) {
            assertThat(clear("unset-" + feature, user)).isFalse();
            set(feature, user);
            stream.awaitFirst(SOON, event -> changed(event).contains(feature));
            assertThat(stream.all()).noneMatch(event -> changed(event).contains("unset-" + feature));
        }
    }

    /** The subscription is lost, and with it perhaps changes. */
    @ParameterizedTest
    @EnumSource
    void lostSubscriptionIsAChangeOfAnyFlag(FlagdProtocol protocol) {
        try (StreamReader<Message, Message> stream = open(protocol)) {
            topology.forEachMaster(master -> master.clientKill(new ClientKillParams().type(ClientType.PUBSUB)));
            stream.awaitFirst(
                    SOON,
                    event -> type(event).equals("configuration_change")
                            && changed(event).isEmpty());
            Eventually.within(SOON, "changes arrive again", () -> {
                set(feature, user);
                return stream.all().stream().anyMatch(event -> changed(event).contains(feature));
            });
            assertThat(stream.hasEnded()).isFalse();
        }
    }

    private StreamReader<Message, Message> open(FlagdProtocol protocol) {
        StreamReader<Message, Message> stream = protocol.events(servers.first());
        stream.awaitFirst(SOON, event -> type(event).equals("provider_ready"));
        return stream;
    }

    private void set(String changed, String userId) {
        SetFlagRequest.Builder request = SetFlagRequest.newBuilder().setFeature(changed);
        request.setUserId(userId).setValue("on").getTtlBuilder().setSeconds(60);
        var unused = stub().setFlag(request.build());
    }

    private boolean clear(String cleared, String userId) {
        ClearFlagRequest.Builder request = ClearFlagRequest.newBuilder().setFeature(cleared);
        return stub().clearFlag(request.setUserId(userId).build()).getCleared();
    }

    private FeatureFlagServiceBlockingStub stub() {
        return FeatureFlagServiceGrpc.newBlockingStub(servers.first());
    }

    private static String type(Message event) {
        return String.valueOf(FlagdProtocol.get(event, "type"));
    }

    private static Set<String> changed(Message event) {
        Struct data = (Struct) event.getField(event.getDescriptorForType().findFieldByName("data"));
        return data.containsFields("flags")
                ? data.getFieldsOrThrow("flags").getStructValue().getFieldsMap().keySet()
                : Set.of();
    }
}
