package io.flowhub.ephemeral.server.feature;

import io.grpc.BindableService;
import java.util.List;
import java.util.function.Consumer;

/**
 * A running feature.
 *
 * @param <S> its settings record
 * @param enabled whether its services can work at all; the health of a disabled feature is always NOT_SERVING
 * @param reload applies settings that may change while the server runs
 * @param close ends its threads and tasks
 */
public record Feature<S>(List<BindableService> services, boolean enabled, Consumer<S> reload, Runnable close) {

    /** A feature without reloadable settings and without anything to close. */
    public static <S> Feature<S> of(BindableService service) {
        return new Feature<>(List.of(service), true, settings -> {}, () -> {});
    }

    /** A feature with several services, without reloadable settings and without anything to close. */
    public static <S> Feature<S> of(List<BindableService> services) {
        return new Feature<>(services, true, settings -> {}, () -> {});
    }

    /** A feature that cannot work with the present settings; the service rejects every call. */
    public static <S> Feature<S> disabled(BindableService service) {
        return new Feature<>(List.of(service), false, settings -> {}, () -> {});
    }

    /** A feature that is not served with the present settings. */
    public static <S> Feature<S> off() {
        return new Feature<>(List.of(), false, settings -> {}, () -> {});
    }

    public Feature<S> onReload(Consumer<S> changed) {
        return new Feature<>(services, enabled, changed, close);
    }

    public Feature<S> onClose(Runnable closed) {
        return new Feature<>(services, enabled, reload, closed);
    }
}
