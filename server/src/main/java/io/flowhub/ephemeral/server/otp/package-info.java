/**
 * One-time passwords. A call goes from {@link io.flowhub.ephemeral.server.otp.OtpService} (the contract) to {@code OtpStore}
 * (the rules) and to the scripts in {@code lua/otp} (the decision).
 */
@NullMarked
package io.flowhub.ephemeral.server.otp;

import org.jspecify.annotations.NullMarked;
