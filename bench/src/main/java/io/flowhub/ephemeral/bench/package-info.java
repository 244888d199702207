/** The benchmarks: the real server with an empty RPC beside its own, and a load over many keys. */
@NullMarked
package io.flowhub.ephemeral.bench;

import org.jspecify.annotations.NullMarked;
