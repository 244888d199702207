package io.flowhub.ephemeral.server.admin;

import org.jspecify.annotations.Nullable;

/** The version in the manifest of the jar. */
public final class BuildVersion {

    /** Returns "(not packaged)" for classes outside of a jar. */
    public static String get() {
        @Nullable String version = BuildVersion.class.getPackage().getImplementationVersion();
        return version == null ? "(not packaged)" : version;
    }

    private BuildVersion() {}
}
