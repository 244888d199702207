package io.flowhub.ephemeral.server.rpc;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.rpc.ErrorDetailsProto;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.protobuf.ProtoFileDescriptorSupplier;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A reflection service that also describes the details of errors, so that grpcurl prints them as JSON. Reflection serves
 * the files that the services import, and ours import nothing of google/rpc; so the file of reflection itself does here.
 */
public final class ReflectionWithErrorDetails {

    /** Adds the details of errors to a reflection service of either version. */
    public static BindableService of(BindableService reflection) {
        return () -> definition(reflection.bindService());
    }

    private static ServerServiceDefinition definition(ServerServiceDefinition bound) {
        ServiceDescriptor.Builder descriptor = ServiceDescriptor.newBuilder(
                        bound.getServiceDescriptor().getName())
                .setSchemaDescriptor(schema(bound.getServiceDescriptor()));
        bound.getServiceDescriptor().getMethods().forEach(descriptor::addMethod);
        ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(descriptor.build());
        bound.getMethods().forEach(service::addMethod);
        return service.build();
    }

    private static ProtoFileDescriptorSupplier schema(ServiceDescriptor service) {
        FileDescriptor file = ((ProtoFileDescriptorSupplier) Objects.requireNonNull(service.getSchemaDescriptor()))
                .getFileDescriptor();
        FileDescriptor details = ErrorDetailsProto.getDescriptor();
        FileDescriptorProto importing =
                file.toProto().toBuilder().addDependency(details.getFullName()).build();
        FileDescriptor[] imports = Stream.concat(file.getDependencies().stream(), Stream.of(details))
                .toArray(FileDescriptor[]::new);
        try {
            FileDescriptor extended = FileDescriptor.buildFrom(importing, imports);
            return () -> extended;
        } catch (DescriptorValidationException e) {
            throw new IllegalStateException(e);
        }
    }

    private ReflectionWithErrorDetails() {}
}
