package io.flowhub.ephemeral.server;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The catalog is complete, so that each new RPC is covered by the suites over all RPCs. */
@Tag("contract")
@Tag("quick")
class RpcCatalogTest {

    @Test
    void catalogNamesEveryRpcOfItsServices() {
        Set<String> expected = RpcCatalog.ALL.stream()
                .map(rpc -> (ProtoMethodDescriptorSupplier) rpc.method().getSchemaDescriptor())
                .flatMap(schema -> requireNonNull(schema).getServiceDescriptor().getMethods().stream())
                .map(method -> method.getService().getFullName() + "/" + method.getName())
                .collect(Collectors.toSet());
        assertThat(RpcCatalog.ALL)
                .extracting(rpc -> rpc.method().getFullMethodName())
                .containsAll(expected);
    }
}
