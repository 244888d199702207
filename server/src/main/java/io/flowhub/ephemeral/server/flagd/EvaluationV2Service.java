package io.flowhub.ephemeral.server.flagd;

import io.flowhub.ephemeral.flagd.v2.EventStreamRequest;
import io.flowhub.ephemeral.flagd.v2.EventStreamResponse;
import io.flowhub.ephemeral.flagd.v2.ResolveBooleanRequest;
import io.flowhub.ephemeral.flagd.v2.ResolveBooleanResponse;
import io.flowhub.ephemeral.flagd.v2.ResolveFloatRequest;
import io.flowhub.ephemeral.flagd.v2.ResolveFloatResponse;
import io.flowhub.ephemeral.flagd.v2.ResolveIntRequest;
import io.flowhub.ephemeral.flagd.v2.ResolveIntResponse;
import io.flowhub.ephemeral.flagd.v2.ResolveObjectRequest;
import io.flowhub.ephemeral.flagd.v2.ResolveObjectResponse;
import io.flowhub.ephemeral.flagd.v2.ResolveStringRequest;
import io.flowhub.ephemeral.flagd.v2.ResolveStringResponse;
import io.flowhub.ephemeral.flagd.v2.ServiceGrpc;
import io.flowhub.ephemeral.server.rpc.StreamCalls;
import io.flowhub.ephemeral.server.rpc.UnaryCalls;
import io.grpc.stub.StreamObserver;

/** Version 2 of the protocol. A flag that is not set is a response without a value. */
final class EvaluationV2Service extends ServiceGrpc.ServiceImplBase {

    private final FlagEvaluator evaluator;
    private final FlagChangeHub hub;
    private final StreamCalls streamCalls;

    EvaluationV2Service(FlagEvaluator evaluator, FlagChangeHub hub, StreamCalls streamCalls) {
        this.evaluator = evaluator;
        this.hub = hub;
        this.streamCalls = streamCalls;
    }

    @Override
    public void resolveBoolean(ResolveBooleanRequest request, StreamObserver<ResolveBooleanResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> evaluator.resolve(request.getFlagKey(), request.getContext(), FlagType.BOOLEAN),
                resolution -> {
                    var response = ResolveBooleanResponse.newBuilder().setReason(resolution.reason());
                    resolution.ifSet((value, metadata) -> response.setValue(value)
                            .setVariant(Resolution.VARIANT)
                            .setMetadata(metadata));
                    return response.build();
                });
    }

    @Override
    public void resolveString(ResolveStringRequest request, StreamObserver<ResolveStringResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> evaluator.resolve(request.getFlagKey(), request.getContext(), FlagType.STRING),
                resolution -> {
                    var response = ResolveStringResponse.newBuilder().setReason(resolution.reason());
                    resolution.ifSet((value, metadata) -> response.setValue(value)
                            .setVariant(Resolution.VARIANT)
                            .setMetadata(metadata));
                    return response.build();
                });
    }

    @Override
    public void resolveInt(ResolveIntRequest request, StreamObserver<ResolveIntResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> evaluator.resolve(request.getFlagKey(), request.getContext(), FlagType.INTEGER),
                resolution -> {
                    var response = ResolveIntResponse.newBuilder().setReason(resolution.reason());
                    resolution.ifSet((value, metadata) -> response.setValue(value)
                            .setVariant(Resolution.VARIANT)
                            .setMetadata(metadata));
                    return response.build();
                });
    }

    @Override
    public void resolveFloat(ResolveFloatRequest request, StreamObserver<ResolveFloatResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> evaluator.resolve(request.getFlagKey(), request.getContext(), FlagType.FLOAT),
                resolution -> {
                    var response = ResolveFloatResponse.newBuilder().setReason(resolution.reason());
                    resolution.ifSet((value, metadata) -> response.setValue(value)
                            .setVariant(Resolution.VARIANT)
                            .setMetadata(metadata));
                    return response.build();
                });
    }

    @Override
    public void resolveObject(ResolveObjectRequest request, StreamObserver<ResolveObjectResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> evaluator.resolve(request.getFlagKey(), request.getContext(), FlagType.OBJECT),
                resolution -> {
                    var response = ResolveObjectResponse.newBuilder().setReason(resolution.reason());
                    resolution.ifSet((value, metadata) -> response.setValue(value)
                            .setVariant(Resolution.VARIANT)
                            .setMetadata(metadata));
                    return response.build();
                });
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
