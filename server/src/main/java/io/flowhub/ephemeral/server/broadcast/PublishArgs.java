package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.redis.SizedArgs;
import java.util.AbstractList;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The argument of one call of the publish script. It receives its number when the call is sent, one call after the other:
 * a call that is dropped before that has no number, so it leaves no hole.
 */
final class PublishArgs extends AbstractList<String> implements SizedArgs {

    private final String publisher;
    private final String encodedEnvelope;
    private final LongSupplier numbers;
    private @Nullable String text;

    PublishArgs(String publisher, Envelope envelope, LongSupplier numbers) {
        this.publisher = publisher;
        this.encodedEnvelope = envelope.encode();
        this.numbers = numbers;
    }

    @Override
    public synchronized String get(int index) {
        if (text == null) {
            text = NumberedEnvelope.encode(publisher, numbers.getAsLong(), encodedEnvelope);
        }
        return text;
    }

    @Override
    public int size() {
        return 1;
    }

    @Override
    public int characters() {
        return encodedEnvelope.length();
    }
}
