package io.flowhub.ephemeral.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.netty.shaded.io.netty.buffer.ByteBuf;
import io.grpc.netty.shaded.io.netty.buffer.Unpooled;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Exception;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Headers;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2HeadersEncoder;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Netty encodes what the decoder reads. */
@Tag("unit")
class HpackDecoderTest {

    private static final int ALWAYS = 0;
    private static final int NEVER = Integer.MAX_VALUE;

    private final Random random = new Random(1);
    private final HpackDecoder decoder = new HpackDecoder();

    @ParameterizedTest
    @ValueSource(ints = {ALWAYS, NEVER})
    void statusIsReadWhateverTheTableHoldsAndHasEvicted(int huffmanFromBytes) throws Http2Exception {
        DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder(
                (name, value) -> name.toString().startsWith("secret"), false, 16, huffmanFromBytes);
        for (int i = 0; i < 20_000; i++) {
            int status = random.nextInt(17);
            Http2Headers headers = new DefaultHttp2Headers(false);
            addFields(headers);
            headers.add("grpc-status", Integer.toString(status));
            addFields(headers);
            assertThat(decode(encoder, headers)).isEqualTo(status);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {ALWAYS, NEVER})
    void blockWithoutTheFieldHasNoStatus(int huffmanFromBytes) throws Http2Exception {
        DefaultHttp2HeadersEncoder encoder =
                new DefaultHttp2HeadersEncoder(Http2HeadersEncoder.NEVER_SENSITIVE, false, 16, huffmanFromBytes);
        Http2Headers headers = new DefaultHttp2Headers(false);
        headers.status("200").add("content-type", "application/grpc");
        assertThat(decode(encoder, headers)).isEqualTo(HpackDecoder.NO_STATUS);
        assertThat(decode(encoder, headers)).isEqualTo(HpackDecoder.NO_STATUS);
    }

    private int decode(Http2HeadersEncoder encoder, Http2Headers headers) throws Http2Exception {
        ByteBuf block = Unpooled.buffer();
        encoder.encodeHeaders(1, headers, block);
        return decoder.decode(block.nioBuffer(), 0, block.readableBytes());
    }

    /** Names of the static table and others, values that repeat and values of up to 2,000 random bytes. */
    private void addFields(Http2Headers headers) {
        if (random.nextBoolean()) {
            headers.add("content-type", "application/grpc");
        }
        if (random.nextInt(10) == 0) {
            headers.add("grpc-message", randomText(200));
        }
        if (random.nextInt(20) == 0) {
            headers.add("name-" + random.nextInt(100), "value-" + random.nextInt(10));
        }
        if (random.nextInt(50) == 0) {
            headers.add("secret-" + random.nextInt(3), randomText(2_000));
            headers.add("etag", randomText(2_000));
        }
    }

    private String randomText(int maxLength) {
        return random.ints(random.nextInt(maxLength), 0, 256)
                .collect(StringBuilder::new, (text, symbol) -> text.append((char) symbol), StringBuilder::append)
                .toString();
    }
}
