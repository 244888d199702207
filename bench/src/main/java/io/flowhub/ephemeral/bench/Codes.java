package io.flowhub.ephemeral.bench;

import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssueOtpResponse;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The empty RPC, then a code issued to each of many users, then each code verified. Prints the calls a second of the
 * three.
 */
final class Codes {

    private final String prefix;
    private final AtomicReferenceArray<String> codes;

    /** Takes the server's port, how many users there are, and the start of their ids, which nobody else may have. */
    public static void main(String[] args) throws InterruptedException {
        int users = Integer.parseInt(args[1]);
        Codes codes = new Codes(users, args[2]);
        try (Load load = new Load(Integer.parseInt(args[0]))) {
            load.run(users, new Nothing()); // warms up what the three share
            double empty = load.run(users, new Nothing());
            double issue = load.run(users, codes.new Issue());
            double verify = load.run(users, codes.new Verify());
            System.out.printf("%.0f %.0f %.0f%n", empty, issue, verify);
        }
    }

    private Codes(int users, String prefix) {
        this.prefix = prefix;
        this.codes = new AtomicReferenceArray<>(users);
    }

    private String user(long number) {
        return prefix + number;
    }

    private final class Issue implements Load.Caller<IssueOtpResponse> {

        @Override
        public void call(Channel channel, long number, StreamObserver<IssueOtpResponse> observer) {
            IssueOtpRequest request =
                    IssueOtpRequest.newBuilder().setUserId(user(number)).build();
            OtpServiceGrpc.newStub(channel).issueOtp(request, observer);
        }

        @Override
        public boolean isRight(long number, IssueOtpResponse response) {
            codes.set((int) number, response.getIssued().getCode());
            return response.hasIssued();
        }
    }

    private final class Verify implements Load.Caller<VerifyOtpResponse> {

        @Override
        public void call(Channel channel, long number, StreamObserver<VerifyOtpResponse> observer) {
            VerifyOtpRequest request = VerifyOtpRequest.newBuilder()
                    .setUserId(user(number))
                    .setCode(codes.get((int) number))
                    .build();
            OtpServiceGrpc.newStub(channel).verifyOtp(request, observer);
        }

        @Override
        public boolean isRight(long number, VerifyOtpResponse response) {
            return response.getResult() == Result.RESULT_VALID;
        }
    }
}
