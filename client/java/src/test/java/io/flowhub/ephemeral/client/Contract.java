package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.MethodDescriptor.ReflectableMarshaller;
import io.grpc.ServiceDescriptor;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What the generated code knows of the contract. It is looked up, so that a new service cannot be forgotten. */
final class Contract {

    static List<Class<?>> unaryRequests() throws Exception {
        List<Class<?>> requests = new ArrayList<>();
        for (ServiceDescriptor service : services()) {
            for (MethodDescriptor<?, ?> method : service.getMethods()) {
                if (method.getType() == MethodType.UNARY) {
                    requests.add(((ReflectableMarshaller<?>) method.getRequestMarshaller()).getMessageClass());
                }
            }
        }
        return requests;
    }

    static List<ServiceDescriptor> services() throws Exception {
        List<ServiceDescriptor> services = new ArrayList<>();
        for (String name : generatedClasses()) {
            services.add((ServiceDescriptor)
                    Class.forName(name).getMethod("getServiceDescriptor").invoke(null));
        }
        return services;
    }

    private static List<String> generatedClasses() throws IOException, URISyntaxException {
        Class<?> one = RateLimitServiceGrpc.class;
        URI place = one.getProtectionDomain().getCodeSource().getLocation().toURI();
        if (Files.isDirectory(Path.of(place))) {
            return serviceClasses(Path.of(place), one.getPackageName());
        }
        try (FileSystem jar = FileSystems.newFileSystem(URI.create("jar:" + place), Map.of())) {
            return serviceClasses(jar.getPath("/"), one.getPackageName());
        }
    }

    private static List<String> serviceClasses(Path root, String packageName) throws IOException {
        try (Stream<Path> files = Files.list(root.resolve(packageName.replace('.', '/')))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith("ServiceGrpc.class"))
                    .map(file -> packageName + "." + file.replace(".class", ""))
                    .toList();
        }
    }

    private Contract() {}
}
