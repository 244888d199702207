package io.flowhub.ephemeral.server.fuzz;

import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every target with its seeds, with the inputs that once had an effect that is not documented ({@code
 * src/test/resources/fuzz/TARGET}), and with mutations of both, always the same ones. {@code .ci/fuzz} finds new inputs.
 */
@Tag("contract")
class FuzzRegressionTest {

    private static final Path FOUND = Path.of("src/test/resources/fuzz");

    private static final int MUTATIONS = 1_000;

    /** Seeds and mutations of a target whose inputs each take a call to Redis, or a connection. */
    private static final int FEW = 300;

    private static final int FEWEST = 10;

    private static final int MAX_MUTATED_BYTES = 4_096;

    static Set<String> targets() {
        return FuzzTargets.ALL.keySet();
    }

    @ParameterizedTest
    @MethodSource("targets")
    void everyInputHasADocumentedEffect(String name) throws Exception {
        FuzzTarget target = FuzzTargets.open(name);
        List<byte[]> inputs = new ArrayList<>(target.seeds().toList());
        List<byte[]> found = found(name);
        inputs.addAll(found);
        int seeds = inputs.size() - found.size();
        for (byte[] input : inputs.subList(0, Math.min(seeds, limit(name)))) {
            read(target, input);
        }
        for (byte[] input : found) {
            read(target, input);
        }
        List<byte[]> mutable = inputs.stream()
                .filter(input -> input.length <= MAX_MUTATED_BYTES)
                .toList();
        Random random = new Random(1);
        for (int i = 0; i < limit(name); i++) {
            read(target, mutated(mutable.get(random.nextInt(mutable.size())), random));
        }
    }

    private static int limit(String target) {
        return switch (target) {
            case "replies" -> FEW;
            case "raw-replies" -> FEWEST;
            default -> MUTATIONS;
        };
    }

    private static List<byte[]> found(String target) throws IOException {
        List<byte[]> inputs = new ArrayList<>();
        if (Files.isDirectory(FOUND.resolve(target))) {
            try (Stream<Path> files = Files.list(FOUND.resolve(target))) {
                for (Path file : files.sorted().toList()) {
                    inputs.add(Files.readAllBytes(file));
                }
            }
        }
        return inputs;
    }

    private static byte[] mutated(byte[] input, Random random) {
        byte[] mutated = input.clone();
        for (int changes = random.nextInt(1, 4); changes > 0 && mutated.length > 0; changes--) {
            int at = random.nextInt(mutated.length);
            switch (random.nextInt(4)) {
                case 0 -> mutated[at] = (byte) random.nextInt();
                case 1 -> mutated[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> mutated = Arrays.copyOf(mutated, at);
                default -> mutated = joined(mutated, at, Arrays.copyOfRange(mutated, at, mutated.length));
            }
        }
        return mutated;
    }

    private static byte[] joined(byte[] input, int length, byte[] end) {
        byte[] joined = Arrays.copyOf(input, length + 1 + end.length);
        System.arraycopy(end, 0, joined, length + 1, end.length);
        return joined;
    }

    private static void read(FuzzTarget target, byte[] input) {
        try {
            InputBounds.read(target, input);
        } catch (Exception | Error e) {
            byte[] shown = Arrays.copyOf(input, Math.min(input.length, MAX_MUTATED_BYTES));
            fail("the input in Base64: " + Base64.getEncoder().encodeToString(shown), e);
        }
    }
}
