/** Tests from the view of an application: only the public API is visible. */
@NullMarked
package io.flowhub.ephemeral.application;

import org.jspecify.annotations.NullMarked;
