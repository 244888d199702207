/**
 * Executables of Redis 6.2 for trials and tests. This artifact has no code: the server finds the executables through the
 * resource {@code ephemeral-embedded-redis.properties}, if the artifact is on the class path.
 */
package io.flowhub.ephemeral.embedded;
