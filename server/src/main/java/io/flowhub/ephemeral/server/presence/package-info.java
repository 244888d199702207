/**
 * Which users are online. A call goes from {@code PresenceService} (proto in, proto out) to {@code PresenceStore} and to
 * the scripts in {@code lua/presence}. A frame of heartbeats arrives on a {@code HeartbeatStream}, waits in {@code
 * HeartbeatAdmission} until Redis has room for it, and {@code HeartbeatFrame} sends it to Redis and builds the response. When the
 * heartbeats of a user stop, the {@code Sweeper} of any server finds the user in the {@code ExpiryIndex} and announces
 * the transition. The {@code PresenceHub} of each server receives all announcements and applies them to each {@code
 * PresenceStream} that watches the user; {@code OutageTracker} and {@code RestartDetector} decide when
 * announcements are complete and when a missing key means offline.
 */
@NullMarked
package io.flowhub.ephemeral.server.presence;

import org.jspecify.annotations.NullMarked;
