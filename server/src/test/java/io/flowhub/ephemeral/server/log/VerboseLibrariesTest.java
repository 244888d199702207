package io.flowhub.ephemeral.server.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.ConsumeLoginTokenRequest;
import io.flowhub.ephemeral.v1.IssueLoginTokenRequest;
import io.flowhub.ephemeral.v1.TokenServiceGrpc;
import io.flowhub.ephemeral.v1.TokenServiceGrpc.TokenServiceBlockingStub;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Jedis;

/** No key, argument or token is in the log, whatever the Redis client logs of calls that fail. */
@Tag("contract")
class VerboseLibrariesTest {

    private static final List<String> LIBRARIES = List.of("org.redisson", "io.netty");

    private final Queue<String> lines = new ConcurrentLinkedQueue<>();
    private final LineEncoder text = new LineEncoder();
    private final LineEncoder json = new LineEncoder();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            lines.add(new String(text.encode(event), StandardCharsets.UTF_8));
            lines.add(new String(json.encode(event), StandardCharsets.UTF_8));
        }
    };

    @BeforeEach
    void logAll() {
        json.use(LogSettings.Format.JSON);
        appender.start();
        LIBRARIES.forEach(name -> {
            logger(name).setLevel(Level.TRACE);
            logger(name).setAdditive(false);
            logger(name).addAppender(appender);
        });
    }

    @AfterEach
    void stop() {
        LIBRARIES.forEach(name -> {
            logger(name).detachAppender(appender);
            logger(name).setAdditive(true);
            logger(name).setLevel(name.equals("org.redisson") ? Level.OFF : null);
        });
        appender.stop();
    }

    private static Logger logger(String name) {
        return (Logger) LoggerFactory.getLogger(name);
    }

    @Test
    void callsThatFailLeaveNoSecretInTheLines() {
        String user = "swordfish";
        try (TestServer server = TestServer.withRedis()) {
            TokenServiceBlockingStub tokens =
                    TokenServiceGrpc.newBlockingStub(server.channel()).withDeadlineAfter(60, TimeUnit.SECONDS);
            String token = tokens.issueLoginToken(
                            IssueLoginTokenRequest.newBuilder().setUserId(user).build())
                    .getToken();
            var consume = ConsumeLoginTokenRequest.newBuilder()
                    .setUserId(user)
                    .setToken(token)
                    .build();
            try (Jedis jedis = server.redis().jedis()) {
                String key = "token:" + user + ":login";
                assertThat(jedis.del(key)).isOne();
                jedis.lpush(key, "of another type");
            }
            assertThatThrownBy(() -> tokens.consumeLoginToken(consume)).isInstanceOf(StatusRuntimeException.class);
            server.redis().kill();
            assertThatThrownBy(() -> tokens.consumeLoginToken(consume)).isInstanceOf(StatusRuntimeException.class);

            assertThat(lines)
                    .as("the libraries are verbose")
                    .anyMatch(line -> line.contains(" TRACE CommandDecoder "))
                    .anyMatch(line -> line.contains(" DEBUG RedisExecutor "));
            assertThat(lines).noneMatch(line -> line.contains(user) || line.contains(token) || line.contains("token:"));
        }
    }
}
