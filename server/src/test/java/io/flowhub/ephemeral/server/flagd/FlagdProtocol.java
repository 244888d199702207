package io.flowhub.ephemeral.server.flagd;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ClientCalls;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Calls of both versions of the protocol, whose messages have the same fields. */
enum FlagdProtocol {
    V1(io.flowhub.ephemeral.flagd.v1.ServiceGrpc.getServiceDescriptor()),
    V2(io.flowhub.ephemeral.flagd.v2.ServiceGrpc.getServiceDescriptor());

    static final List<String> TYPES = List.of("Boolean", "String", "Int", "Float", "Object");

    @SuppressWarnings("ImmutableEnumChecker") // a descriptor never changes
    private final ServiceDescriptor service;

    FlagdProtocol(ServiceDescriptor service) {
        this.service = service;
    }

    @SuppressWarnings("unchecked")
    private MethodDescriptor<Message, Message> method(String name) {
        return (MethodDescriptor<Message, Message>) service.getMethods().stream()
                .filter(method -> name.equals(method.getBareMethodName()))
                .findFirst()
                .orElseThrow();
    }

    Message resolve(Channel channel, String type, String flagKey, Struct context) {
        MethodDescriptor<Message, Message> method = method("Resolve" + type);
        Message.Builder request = newRequest(method);
        request.setField(field(request, "flag_key"), flagKey);
        return call(channel, method, request, context);
    }

    Message resolve(Channel channel, String type, String flagKey, String user) {
        return resolve(channel, type, flagKey, context(user));
    }

    /** Of version 1 only. */
    Message resolveAll(Channel channel, Struct context) {
        MethodDescriptor<Message, Message> method = method("ResolveAll");
        return call(channel, method, newRequest(method), context);
    }

    private static Message call(
            Channel channel, MethodDescriptor<Message, Message> method, Message.Builder request, Struct context) {
        request.setField(field(request, "context"), context);
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS);
        return ClientCalls.blockingUnaryCall(channel, method, options, request.build());
    }

    StreamReader<Message, Message> events(Channel channel) {
        MethodDescriptor<Message, Message> method = method("EventStream");
        var call = channel.newCall(method, CallOptions.DEFAULT);
        StreamReader<Message, Message> reader =
                StreamReader.eager(events -> ClientCalls.asyncBidiStreamingCall(call, events));
        reader.send(newRequest(method).build());
        reader.halfClose();
        return reader;
    }

    private static Message.Builder newRequest(MethodDescriptor<Message, Message> method) {
        return ((Message) ((PrototypeMarshaller<?>) method.getRequestMarshaller()).getMessagePrototype())
                .newBuilderForType();
    }

    /** A field of a message, or null if it is absent. */
    static @Nullable Object get(Message message, String name) {
        FieldDescriptor field = message.getDescriptorForType().findFieldByName(name);
        return field.hasPresence() && !message.hasField(field) ? null : message.getField(field);
    }

    static Struct context(String user) {
        return context(Value.newBuilder().setStringValue(user).build());
    }

    static Struct context(Value user) {
        return Struct.newBuilder().putFields("targetingKey", user).build();
    }

    private static FieldDescriptor field(Message.Builder message, String name) {
        return message.getDescriptorForType().findFieldByName(name);
    }
}
