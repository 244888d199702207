package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.v1.ClearFlagRequest;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.FlagReason;
import io.flowhub.ephemeral.v1.GetFlagRequest;
import io.flowhub.ephemeral.v1.GetFlagResponse;
import io.flowhub.ephemeral.v1.SetFlagRequest;
import java.util.Optional;

/** One feature flag of one user: a register. */
final class FeatureFlagSubject extends Subject<Register> {

    private static final String FEATURE = "search";

    FeatureFlagSubject() {
        super(Register.EMPTY);
    }

    @Override
    void act(Client client) {
        int choice = client.random(10);
        if (choice < 3) {
            String value = "v" + client.random(100);
            var request = SetFlagRequest.newBuilder()
                    .setUserId(id)
                    .setFeature(FEATURE)
                    .setValue(value);
            client.write(
                    history,
                    FeatureFlagServiceGrpc.getSetFlagMethod(),
                    request.build(),
                    (flag, response) -> Register.set(value));
        } else if (choice == 3) {
            var request = ClearFlagRequest.newBuilder().setUserId(id).setFeature(FEATURE);
            client.write(
                    history,
                    FeatureFlagServiceGrpc.getClearFlagMethod(),
                    request.build(),
                    (flag, response) -> flag.clear(response.map(actual -> actual.getCleared())));
        } else {
            var request = GetFlagRequest.newBuilder().setUserId(id).setFeature(FEATURE);
            if (client.random(2) == 0) {
                request.setDefaultValue("default");
            }
            String defaultValue = request.getDefaultValue();
            client.read(
                    history,
                    FeatureFlagServiceGrpc.getGetFlagMethod(),
                    request.build(),
                    (flag, response) -> fits(flag, response, defaultValue));
        }
    }

    private static boolean fits(Register flag, GetFlagResponse response, String defaultValue) {
        if (response.getReason() == FlagReason.FLAG_REASON_STATIC) {
            return flag.get(Optional.of(response.getValue()));
        }
        boolean isUnset = flag.get(Optional.empty()) || response.getReason() == FlagReason.FLAG_REASON_ERROR;
        return isUnset && response.getValue().equals(defaultValue);
    }
}
