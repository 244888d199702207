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
 * Calls the empty RPC, then IssueOtp once per user, then VerifyOtp once per user with the issued code. Prints the calls
 * per second of all three.
 */
final class OtpLoad {

    private final String prefix;
    private final AtomicReferenceArray<String> codes;

    /** Arguments: port of the server, number of users, prefix of their ids; no other run may use the same prefix. */
    public static void main(String[] args) throws InterruptedException {
        int users = Integer.parseInt(args[1]);
        OtpLoad otp = new OtpLoad(users, args[2]);
        try (LoadGenerator generator = new LoadGenerator(Integer.parseInt(args[0]))) {
            generator.run(users, new EmptyRpcLoad()); // warm-up
            double empty = generator.run(users, new EmptyRpcLoad());
            double issue = generator.run(users, otp.new Issue());
            double verify = generator.run(users, otp.new Verify());
            System.out.printf("%.0f %.0f %.0f%n", empty, issue, verify);
        }
    }

    private OtpLoad(int users, String prefix) {
        this.prefix = prefix;
        this.codes = new AtomicReferenceArray<>(users);
    }

    private String user(long number) {
        return prefix + number;
    }

    private final class Issue implements LoadGenerator.Call<IssueOtpResponse> {

        @Override
        public void start(Channel channel, long number, StreamObserver<IssueOtpResponse> observer) {
            IssueOtpRequest request =
                    IssueOtpRequest.newBuilder().setUserId(user(number)).build();
            OtpServiceGrpc.newStub(channel).issueOtp(request, observer);
        }

        @Override
        public boolean isExpected(long number, IssueOtpResponse response) {
            codes.set((int) number, response.getIssued().getCode());
            return response.hasIssued();
        }
    }

    private final class Verify implements LoadGenerator.Call<VerifyOtpResponse> {

        @Override
        public void start(Channel channel, long number, StreamObserver<VerifyOtpResponse> observer) {
            VerifyOtpRequest request = VerifyOtpRequest.newBuilder()
                    .setUserId(user(number))
                    .setCode(codes.get((int) number))
                    .build();
            OtpServiceGrpc.newStub(channel).verifyOtp(request, observer);
        }

        @Override
        public boolean isExpected(long number, VerifyOtpResponse response) {
            return response.getResult() == Result.RESULT_VALID;
        }
    }
}
