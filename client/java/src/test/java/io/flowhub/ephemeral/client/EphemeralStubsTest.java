package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.client.fixture.GeneratedServices;
import io.grpc.ServiceDescriptor;
import java.lang.reflect.Method;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class EphemeralStubsTest {

    @Test
    void everyServiceHasABlockingAndAFutureStub() throws Exception {
        List<String> offered = Stream.of(EphemeralClient.class.getMethods())
                .map(Method::getReturnType)
                .map(Class::getSimpleName)
                .toList();

        for (ServiceDescriptor service : GeneratedServices.services()) {
            String name = service.getName().substring(service.getName().lastIndexOf('.') + 1);
            assertThat(offered).contains(name + "BlockingStub", name + "FutureStub");
        }
    }
}
