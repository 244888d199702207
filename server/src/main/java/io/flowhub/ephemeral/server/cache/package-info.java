/**
 * Cached users and products. A call goes from {@code CacheService}, which checks the request, to {@code CacheStore}, which
 * runs the scripts in {@code lua/cache}. {@code UserMessages} and {@code ProductMessages} convert the request to a {@code
 * CacheValue}, whose text {@code JsonValidator} checks, and a {@code CacheResult} to the response. {@code TtlPolicy} decides
 * how long an entry lives and when it is to be reloaded; {@code Leases} decides which caller loads it.
 */
@NullMarked
package io.flowhub.ephemeral.server.cache;

import org.jspecify.annotations.NullMarked;
