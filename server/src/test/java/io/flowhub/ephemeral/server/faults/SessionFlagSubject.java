package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.v1.ClearSessionFlagRequest;
import io.flowhub.ephemeral.v1.ConsumeSessionFlagRequest;
import io.flowhub.ephemeral.v1.GetSessionFlagRequest;
import io.flowhub.ephemeral.v1.SessionServiceGrpc;
import io.flowhub.ephemeral.v1.SetSessionFlagRequest;
import java.util.Optional;

/** One session flag: a register with one winner per consumed value. */
final class SessionFlagSubject extends Subject<Register> {

    private static final String FLAG = "seen";

    SessionFlagSubject() {
        super(Register.EMPTY);
    }

    @Override
    void act(Client client) {
        int choice = client.random(10);
        if (choice < 3) {
            String value = "v" + client.random(4);
            var request = SetSessionFlagRequest.newBuilder()
                    .setUserId(id)
                    .setFlag(FLAG)
                    .setValue(value);
            client.write(
                    history,
                    SessionServiceGrpc.getSetSessionFlagMethod(),
                    request.build(),
                    (flag, response) -> Register.set(value));
        } else if (choice < 6) {
            var request = GetSessionFlagRequest.newBuilder().setUserId(id).setFlag(FLAG);
            client.read(
                    history,
                    SessionServiceGrpc.getGetSessionFlagMethod(),
                    request.build(),
                    (flag, response) ->
                            flag.get(response.getFound() ? Optional.of(response.getValue()) : Optional.empty()));
        } else if (choice == 6) {
            var request = ClearSessionFlagRequest.newBuilder().setUserId(id).setFlag(FLAG);
            client.write(
                    history,
                    SessionServiceGrpc.getClearSessionFlagMethod(),
                    request.build(),
                    (flag, response) -> flag.clear(response.map(actual -> actual.getCleared())));
        } else {
            Optional<String> expected = client.random(2) == 0 ? Optional.empty() : Optional.of("v" + client.random(4));
            var request = ConsumeSessionFlagRequest.newBuilder().setUserId(id).setFlag(FLAG);
            expected.ifPresent(request::setExpectedValue);
            client.write(
                    history,
                    SessionServiceGrpc.getConsumeSessionFlagMethod(),
                    request.build(),
                    (flag, response) -> flag.consume(expected, response));
        }
    }
}
