package io.flowhub.ephemeral.server.config;

/**
 * How much memory is there to use.
 *
 * @param maxMemory of all of Redis; holds where Redis has no maxmemory of its own
 */
public record BudgetSettings(DataSize maxMemory) {}
