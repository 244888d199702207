/**
 * The memory of Redis. GetBudget goes through {@code BudgetService} (the gRPC service) and {@code BudgetStore}, which reads
 * the memory of every master ({@code MemoryReader}), measures a sample of the keys ({@code KeySampler}, with the scripts in
 * {@code lua/budget}) and computes an {@code Estimate} per kind. The store also reads the memory after calls, and
 * {@code MemoryLevelMonitor} passes the level to the {@code MemoryPressure} that other features obey before they store more.
 */
@NullMarked
package io.flowhub.ephemeral.server.budget;

import org.jspecify.annotations.NullMarked;
