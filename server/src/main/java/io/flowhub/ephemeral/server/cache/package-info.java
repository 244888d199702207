/**
 * Cached users and products. A call goes from {@code CacheService}, which checks the request, to {@code CacheStore},
 * which runs the scripts in {@code lua/cache}. {@code UserMessages} and {@code ProductMessages} convert the content of a
 * put to a {@code CacheValue}, whose text {@code JsonValidator} checks, and a {@code CacheResult} to the response.
 * {@code TtlPolicy} decides the TTL and the soft age of an entry; {@code Leases} generates the lease of the one caller
 * that loads it.
 */
@NullMarked
package io.flowhub.ephemeral.server.cache;

import org.jspecify.annotations.NullMarked;
