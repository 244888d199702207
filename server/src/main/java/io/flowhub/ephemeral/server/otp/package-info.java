/**
 * One-time passwords. A call enters {@link io.flowhub.ephemeral.server.otp.OtpService}, which validates the request and makes
 * an {@code OtpScope} or a {@code VerifyAttempt} of it. {@code OtpStore} computes MACs with {@code Peppers}, runs one script
 * of {@code lua/otp} on the keys of {@code OtpKeys}, and returns an {@code IssueResult} or a {@code VerifyResult}. The script
 * counts attempts and decides. {@code OtpFeature} assembles these parts, or {@code DisabledOtpService} without a pepper.
 */
@NullMarked
package io.flowhub.ephemeral.server.otp;

import org.jspecify.annotations.NullMarked;
