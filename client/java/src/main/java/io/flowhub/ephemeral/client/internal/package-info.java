/** Parts shared by the packages below. Internal: may change without notice. */
@NullMarked
package io.flowhub.ephemeral.client.internal;

import org.jspecify.annotations.NullMarked;
