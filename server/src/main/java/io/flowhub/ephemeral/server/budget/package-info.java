/**
 * The memory of Redis. GetBudget goes through {@code BudgetService} (the gRPC service) and {@code BudgetStore}, which reads
 * the memory of every master ({@code MemoryReader}), measures a sample of the keys ({@code KeySampler}, with the scripts in
 * {@code lua/budget}) and computes an {@code Estimate} per kind. The store also polls the memory every second, and
 * {@code MemoryLevelMonitor} holds the level that other features read before they store more.
 */
@NullMarked
package io.flowhub.ephemeral.server.budget;

import org.jspecify.annotations.NullMarked;
