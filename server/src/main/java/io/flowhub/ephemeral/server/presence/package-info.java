/**
 * Which users are online. A call goes from {@code PresenceService} (proto in, proto out) to {@code PresenceStore} and to
 * the scripts in {@code lua/presence}. A frame of heartbeats arrives on a {@code HeartbeatStream}, waits in {@code
 * HeartbeatAdmission} until Redis has room for it, and is sent and answered by {@code HeartbeatFrame}. When the
 * heartbeats of a user stop, the {@code Sweeper} of any server finds the user in the {@code ExpiryIndex} and announces
 * the transition. The {@code PresenceHub} of each server receives all announcements and applies them to each {@code
 * PresenceStream} that watches the user; {@code OutageTracker} and {@code RestartDetector} decide when announcements
 * and the absence of a key can be trusted.
 */
@NullMarked
package io.flowhub.ephemeral.server.presence;

import org.jspecify.annotations.NullMarked;
