package io.flowhub.ephemeral.server.flagd;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import io.flowhub.ephemeral.server.fuzz.FuzzTarget;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/** The values of flags, as every type. A parsed object is one that clients can read. */
public final class FlagValuesTarget implements FuzzTarget {

    @Override
    public Stream<byte[]> seeds() {
        return Stream.of(
                        "true",
                        "-9223372036854775808",
                        "-2.5e-3",
                        "1e999",
                        "{\"a\":{\"b\":[1,true,null,\"\\u00e9\\ud83d\"]}}",
                        "{\"a\":" + "[".repeat(15) + "]".repeat(15) + "}",
                        "{\"\":".repeat(16) + "1" + "}".repeat(16),
                        "{\"a\":1,\"a\":2}")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void read(byte[] input) {
        String text = new String(input, StandardCharsets.UTF_8);
        for (FlagType<?> type : List.of(FlagType.BOOLEAN, FlagType.STRING, FlagType.INTEGER, FlagType.FLOAT)) {
            var unused = type.parser().apply(text);
        }
        Struct object = FlagType.OBJECT.parser().apply(text);
        if (object != null) {
            try {
                var unused = Struct.parseFrom(object.toByteArray());
            } catch (InvalidProtocolBufferException e) {
                throw new AssertionError(text, e);
            }
        }
    }
}
