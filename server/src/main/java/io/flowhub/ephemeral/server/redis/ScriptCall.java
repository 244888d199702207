package io.flowhub.ephemeral.server.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RScript;
import org.redisson.api.RScriptAsync;

/** One script call over the keys of several operations. It leaves once, is never sent again, and answers them all. */
final class ScriptCall {

    private final Script script;
    private final List<Pending<?>> calls;
    private final List<Object> keys = new ArrayList<>();
    private final Object[] args;

    ScriptCall(Script script, List<Pending<?>> calls) {
        this.script = script;
        this.calls = calls;
        int argsPerCall = calls.get(0).operation().args().size();
        this.args = new Object[2 + calls.size() * argsPerCall];
        args[0] = Integer.toString(calls.size());
        args[1] = Integer.toString(script.replyValues());
        int next = 2;
        for (Pending<?> call : calls) {
            keys.addAll(call.operation().keys());
            for (String arg : call.operation().args()) {
                args[next++] = arg;
            }
        }
    }

    /**
     * Sends the call, and answers or fails the operations in it.
     *
     * @param scripts where to send it: directly, or as part of an RBatch
     * @param direct where to send the whole source if Redis does not know the script
     * @return whether Redis was available; never completes exceptionally
     */
    CompletionStage<Boolean> send(RScriptAsync scripts, RScriptAsync direct, long timeoutMillis) {
        CompletionStage<List<Object>> reply;
        try {
            reply = scripts.evalShaAsync(
                    firstKey(), RScript.Mode.READ_WRITE, script.sha1(), RScript.ReturnType.LIST, keys, args);
        } catch (RuntimeException e) {
            return CompletableFuture.completedFuture(answer(null, e));
        }
        // The copy, not Redisson's own future, is what times out: Redisson keeps its books on the original.
        return reply.toCompletableFuture()
                .copy()
                .exceptionallyCompose(
                        e -> Failures.isNoScript(e) ? sendSource(direct) : CompletableFuture.failedStage(e))
                .orTimeout(timeoutMillis, TimeUnit.MILLISECONDS)
                .handle(this::answer);
    }

    /** EVAL runs the script and lets Redis know it. */
    private CompletionStage<List<Object>> sendSource(RScriptAsync direct) {
        return direct.evalAsync(
                firstKey(), RScript.Mode.READ_WRITE, script.source(), RScript.ReturnType.LIST, keys, args);
    }

    private String firstKey() {
        return (String) keys.get(0);
    }

    private boolean answer(@Nullable List<Object> reply, @Nullable Throwable thrown) {
        if (reply == null) {
            RedisFailure failure = Failures.of(thrown == null ? new IllegalStateException("no reply") : thrown);
            calls.forEach(call -> call.fail(failure));
            return !(failure instanceof RedisFailure.Unavailable);
        }
        int width = reply.size() / calls.size();
        for (int i = 0; i < calls.size(); i++) {
            calls.get(i).answer(new Reply(reply, i * width));
        }
        return true;
    }
}
