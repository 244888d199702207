package io.flowhub.ephemeral.server.config;

import java.util.List;
import java.util.Map;

/** The configuration of a running server, which takes over what may change. */
public final class LiveConfiguration {

    private volatile Configuration inForce;

    /**
     * What a reload did, by names of settings.
     *
     * @param settings in force from now on
     * @param applied changed, and in force
     * @param pending changed, and in force after the next start
     * @param overridden changed in the file without effect, with the origin of the value in force
     */
    public record Reload(
            Settings settings, List<String> applied, List<String> pending, Map<String, String> overridden) {}

    public LiveConfiguration(Configuration started) {
        this.inForce = started;
    }

    public Configuration inForce() {
        return inForce;
    }

    /** Takes over the reloadable settings. */
    public synchronized Reload reload(Configuration changed) {
        Configuration next = inForce.reloaded(changed);
        Reload reload = new Reload(
                next.settings(),
                inForce.differences(next),
                next.differences(changed),
                inForce.overriddenDifferences(changed));
        inForce = next;
        return reload;
    }
}
