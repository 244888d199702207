package io.flowhub.ephemeral.server.flagd;

import com.google.protobuf.Struct;
import io.flowhub.ephemeral.flagd.v1.AnyFlag;
import io.flowhub.ephemeral.flagd.v1.EventStreamRequest;
import io.flowhub.ephemeral.flagd.v1.EventStreamResponse;
import io.flowhub.ephemeral.flagd.v1.ResolveAllRequest;
import io.flowhub.ephemeral.flagd.v1.ResolveAllResponse;
import io.flowhub.ephemeral.flagd.v1.ResolveBooleanRequest;
import io.flowhub.ephemeral.flagd.v1.ResolveBooleanResponse;
import io.flowhub.ephemeral.flagd.v1.ResolveFloatRequest;
import io.flowhub.ephemeral.flagd.v1.ResolveFloatResponse;
import io.flowhub.ephemeral.flagd.v1.ResolveIntRequest;
import io.flowhub.ephemeral.flagd.v1.ResolveIntResponse;
import io.flowhub.ephemeral.flagd.v1.ResolveObjectRequest;
import io.flowhub.ephemeral.flagd.v1.ResolveObjectResponse;
import io.flowhub.ephemeral.flagd.v1.ResolveStringRequest;
import io.flowhub.ephemeral.flagd.v1.ResolveStringResponse;
import io.flowhub.ephemeral.flagd.v1.ServiceGrpc;
import io.flowhub.ephemeral.server.error.NotFoundException;
import io.flowhub.ephemeral.server.flag.FlagResult;
import io.flowhub.ephemeral.server.rpc.StreamCalls;
import io.flowhub.ephemeral.server.rpc.UnaryCalls;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Version 1 of the protocol. A flag that is not set is NOT_FOUND: a response has always a value here, and the providers of this
 * version return it.
 */
final class EvaluationV1Service extends ServiceGrpc.ServiceImplBase {

    private final FlagEvaluator evaluator;
    private final FlagChangeHub hub;
    private final StreamCalls streamCalls;

    EvaluationV1Service(FlagEvaluator evaluator, FlagChangeHub hub, StreamCalls streamCalls) {
        this.evaluator = evaluator;
        this.hub = hub;
        this.streamCalls = streamCalls;
    }

    @Override
    public void resolveAll(ResolveAllRequest request, StreamObserver<ResolveAllResponse> observer) {
        UnaryCalls.respond(
                observer, () -> evaluator.resolveAll(request.getContext()), EvaluationV1Service::allResponse);
    }

    private static ResolveAllResponse allResponse(Map<String, FlagResult.Set> flags) {
        ResolveAllResponse.Builder response = ResolveAllResponse.newBuilder();
        flags.forEach((feature, flag) -> response.putFlags(feature, anyFlag(flag)));
        return response.build();
    }

    private static AnyFlag anyFlag(FlagResult.Set flag) {
        AnyFlag.Builder any = AnyFlag.newBuilder()
                .setReason(Resolution.TARGETING_MATCH)
                .setVariant(Resolution.VARIANT)
                .setMetadata(Resolution.metadata(flag));
        Boolean truth = FlagType.BOOLEAN.parser().apply(flag.value());
        Double number = FlagType.FLOAT.parser().apply(flag.value());
        Struct object = FlagType.OBJECT.parser().apply(flag.value());
        if (truth != null) {
            any.setBoolValue(truth);
        } else if (number != null) {
            any.setDoubleValue(number);
        } else if (object != null) {
            any.setObjectValue(object);
        } else {
            any.setStringValue(flag.value());
        }
        return any.build();
    }

    private <T> CompletableFuture<Resolved<T>> resolve(String flagKey, Struct context, FlagType<T> type) {
        return evaluator.resolve(flagKey, context, type).thenApply(resolution -> Resolved.of(resolution, flagKey));
    }

    @Override
    public void resolveBoolean(ResolveBooleanRequest request, StreamObserver<ResolveBooleanResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> resolve(request.getFlagKey(), request.getContext(), FlagType.BOOLEAN),
                resolved -> ResolveBooleanResponse.newBuilder()
                        .setValue(resolved.value())
                        .setReason(Resolution.TARGETING_MATCH)
                        .setVariant(Resolution.VARIANT)
                        .setMetadata(resolved.metadata())
                        .build());
    }

    @Override
    public void resolveString(ResolveStringRequest request, StreamObserver<ResolveStringResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> resolve(request.getFlagKey(), request.getContext(), FlagType.STRING),
                resolved -> ResolveStringResponse.newBuilder()
                        .setValue(resolved.value())
                        .setReason(Resolution.TARGETING_MATCH)
                        .setVariant(Resolution.VARIANT)
                        .setMetadata(resolved.metadata())
                        .build());
    }

    @Override
    public void resolveInt(ResolveIntRequest request, StreamObserver<ResolveIntResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> resolve(request.getFlagKey(), request.getContext(), FlagType.INTEGER),
                resolved -> ResolveIntResponse.newBuilder()
                        .setValue(resolved.value())
                        .setReason(Resolution.TARGETING_MATCH)
                        .setVariant(Resolution.VARIANT)
                        .setMetadata(resolved.metadata())
                        .build());
    }

    @Override
    public void resolveFloat(ResolveFloatRequest request, StreamObserver<ResolveFloatResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> resolve(request.getFlagKey(), request.getContext(), FlagType.FLOAT),
                resolved -> ResolveFloatResponse.newBuilder()
                        .setValue(resolved.value())
                        .setReason(Resolution.TARGETING_MATCH)
                        .setVariant(Resolution.VARIANT)
                        .setMetadata(resolved.metadata())
                        .build());
    }

    @Override
    public void resolveObject(ResolveObjectRequest request, StreamObserver<ResolveObjectResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> resolve(request.getFlagKey(), request.getContext(), FlagType.OBJECT),
                resolved -> ResolveObjectResponse.newBuilder()
                        .setValue(resolved.value())
                        .setReason(Resolution.TARGETING_MATCH)
                        .setVariant(Resolution.VARIANT)
                        .setMetadata(resolved.metadata())
                        .build());
    }

    /** A flag that is set. */
    private record Resolved<T>(T value, Struct metadata) {

        static <T> Resolved<T> of(Resolution<T> resolution, String flagKey) {
            T value = resolution.value();
            if (value == null) {
                throw new NotFoundException(
                        ErrorReason.ERROR_REASON_FLAG_NOT_SET,
                        "the flag " + flagKey + " is not set for this user",
                        Map.of("flag_key", flagKey));
            }
            return new Resolved<>(value, resolution.metadata());
        }
    }

    @Override
    public void eventStream(EventStreamRequest request, StreamObserver<EventStreamResponse> observer) {
        streamCalls
                .<EventStreamRequest, EventStreamResponse>open(
                        observer,
                        outbound -> hub.open(
                                outbound,
                                (type, data) -> EventStreamResponse.newBuilder()
                                        .setType(type)
                                        .setData(data)
                                        .build()))
                .onNext(request);
    }
}
