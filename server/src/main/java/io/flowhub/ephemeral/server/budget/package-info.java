/**
 * The memory of Redis. {@link io.flowhub.ephemeral.server.budget.BudgetStore} asks every second how full it is ({@code Level});
 * {@link io.flowhub.ephemeral.server.budget.BudgetService} (the contract) also tells which kinds of keys fill it, which
 * {@code KeySampler} finds out by the scripts in {@code lua/budget}.
 */
@NullMarked
package io.flowhub.ephemeral.server.budget;

import org.jspecify.annotations.NullMarked;
