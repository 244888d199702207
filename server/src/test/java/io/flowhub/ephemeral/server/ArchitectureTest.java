package io.flowhub.ephemeral.server;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.conditions.ArchConditions.accessTargetWhere;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import io.grpc.BindableService;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Calendar;
import java.util.Date;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.BaseStream;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.slf4j.Logger;

/** The rules for dependencies between packages, for waiting and for reading the time. */
@Tag("unit")
@AnalyzeClasses(packages = "io.flowhub.ephemeral.server", importOptions = ArchitectureTest.OnlyMain.class)
class ArchitectureTest {

    private static final String SERVER = "io.flowhub.ephemeral.server";

    private static final Set<String> FEATURES =
            Features.ALL.stream().map(FeatureDefinition::name).collect(Collectors.toSet());

    /** Features that serve a protocol of others, and the feature whose state that is. */
    private static final Map<String, String> FOREIGN = Map.of("flagd", "flag");

    /** The classes beside {@link Server}, without those of the tests. */
    static final class OnlyMain implements ImportOption {

        private static final String MAIN =
                Server.class.getProtectionDomain().getCodeSource().getLocation().getPath();

        @Override
        public boolean includes(Location location) {
            return location.contains(MAIN);
        }
    }

    @ArchTest
    static final ArchRule everyPackageWithAServiceIsAFeature = classes()
            .that()
            .areAssignableTo(BindableService.class)
            .should(ArchCondition.from(
                    describe("be in the package of a feature that Features lists", ArchitectureTest::isInFeature)));

    @ArchTest
    static final ArchRule featureExportsItsDefinitionOnly = classes()
            .that(describe("are in a feature", ArchitectureTest::isInFeature))
            .and(describe("are not for a protocol of others", c -> !isForForeignProtocol(c)))
            .and(describe(
                    "are no definition",
                    c -> c.isTopLevelClass() && !c.getSimpleName().endsWith("Feature")))
            .should()
            .bePackagePrivate();

    /** A foreign protocol uses the store of the feature, and what goes into it and comes out. */
    private static boolean isForForeignProtocol(JavaClass type) {
        return FOREIGN.values().stream()
                        .anyMatch(feature -> type.getPackageName().equals(SERVER + "." + feature))
                && type.getName().matches(".*(Store|Query|Result)(\\$.*)?");
    }

    private static boolean isInFeature(JavaClass type) {
        return FEATURES.stream().anyMatch(feature -> type.getPackageName().equals(SERVER + "." + feature));
    }

    @ArchTest
    static final ArchRule featuresDoNotDependOnEachOther = slices().matching(SERVER + ".(*)..")
            .that(describe("are features", slice -> FEATURES.contains(slice.getNamePart(1))))
            .should()
            .notDependOnEachOther()
            .ignoreDependency(
                    describe("serves a foreign protocol", c -> FOREIGN.containsKey(featureOf(c))),
                    describe("is for one", ArchitectureTest::isForForeignProtocol));

    private static String featureOf(JavaClass type) {
        return type.getPackageName().replaceFirst(".*\\.", "");
    }

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching(SERVER + ".(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule nothingDependsOnTheWiring = noClasses()
            .that()
            .resideOutsideOfPackage(SERVER)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(SERVER);

    @ArchTest
    static final ArchRule onlyTheRedisPackageUsesRedisClients = noClasses()
            .that()
            .resideOutsideOfPackage(SERVER + ".redis..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.redisson..", "redis.clients..");

    /** Handlers run on the event loops: a handler that waits delays every other call of its loop. */
    @ArchTest
    static final ArchRule nothingWaits = noClasses()
            .that(describe("are not Main", c -> !c.getName().startsWith(Main.class.getName())))
            .should(use("methods that wait", access -> waits(access.getTarget()) && !mayWait(access.getOrigin())));

    /** The common pool may have one thread, and other code in the JVM may block it. */
    @ArchTest
    static final ArchRule nothingRunsOnTheCommonPool =
            noClasses().should(use("the common pool", access -> usesCommonPool(access.getTarget())));

    /** So that each line has a name, fields, and a row in docs/reference/events.md. */
    @ArchTest
    static final ArchRule onlyEventsAreLogged = noClasses()
            .that()
            .resideOutsideOfPackages(SERVER + ".event", SERVER + ".log")
            .should(use(
                    "a logger without an event",
                    access -> isA(access.getTarget(), Logger.class)
                            && access.getTarget().getName().matches("(trace|debug|info|warn|error|at[A-Z]).*")));

    /** {@link Server} chooses the time source; every other class receives it. */
    @ArchTest
    static final ArchRule timeIsInjected = noClasses()
            .that()
            .doNotHaveFullyQualifiedName(Server.class.getName())
            .should(use("the system clock", access -> readsClock(access.getTarget())));

    /** As of the clock. */
    @ArchTest
    static final ArchRule onlyTheWiringChoosesTheTicker = noClasses()
            .that()
            .doNotHaveFullyQualifiedName(Server.class.getName())
            .should(use(
                    "the system ticker", access -> access.getTarget().getName().equals("systemTicker")));

    /**
     * Servers with different clocks report the same users offline at the same time: the clock of Redis decides. A ticker
     * measures only how long ago something happened, such as a heartbeat.
     */
    @ArchTest
    static final ArchRule presenceDependsOnNoTimeOfDay = noClasses()
            .that()
            .resideInAPackage(SERVER + ".presence")
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(InstantSource.class, Clock.class, Instant.class);

    /**
     * Start and stop may wait: for the embedded Redis to listen or to end, and for running calls to finish. So may the
     * thread of a scrape, for a moment.
     */
    private static boolean mayWait(JavaCodeUnit user) {
        String name = user.getOwner().getSimpleName() + "." + user.getName();
        return Set.of("Server.close", "EmbeddedRedis.awaitAccepting", "EmbeddedRedis.close", "OnlineCount.readNow")
                .contains(name);
    }

    private static final Map<Class<?>, String> WAITING = Map.ofEntries(
            entry(Future.class, "get|join|await|awaitUninterruptibly|sync|syncUninterruptibly"),
            entry(ExecutorService.class, "awaitTermination|invokeAll|invokeAny|close"),
            entry(BlockingQueue.class, "(take|put).*"),
            entry(Thread.class, "sleep|join"),
            entry(TimeUnit.class, "sleep|timedJoin|timedWait"),
            entry(Process.class, "waitFor"),
            entry(Semaphore.class, "acquire.*"),
            entry(LockSupport.class, "park.*"),
            entry(CountDownLatch.class, "await.*"),
            entry(CyclicBarrier.class, "await.*"),
            entry(Condition.class, "await.*"),
            entry(Phaser.class, ".*wait.*"));

    private static boolean waits(CodeUnitAccessTarget target) {
        String name = target.getName();
        boolean isTimedOfQueue = isA(target, BlockingQueue.class)
                && name.matches("(poll|offer).*")
                && target.getRawParameterTypes().size() > (name.startsWith("offer") ? 1 : 0);
        return isTimedOfQueue
                || WAITING.entrySet().stream()
                        .anyMatch(waiting -> isA(target, waiting.getKey()) && name.matches(waiting.getValue()))
                || (target.getOwner().isEquivalentTo(Object.class) && name.equals("wait"))
                || (target.getOwner().getPackageName().startsWith("io.grpc") && name.equals("awaitTermination"));
    }

    private static boolean usesCommonPool(CodeUnitAccessTarget target) {
        String name = target.getName();
        boolean withExecutor =
                target.getRawParameterTypes().stream().anyMatch(type -> type.isEquivalentTo(Executor.class));
        return (isA(target, CompletionStage.class)
                        && (name.endsWith("Async") || name.equals("delayedExecutor"))
                        && !withExecutor)
                || (isA(target, ForkJoinPool.class) && name.equals("commonPool"))
                || (isA(target, BaseStream.class) && name.equals("parallel"))
                || name.equals("parallelStream");
    }

    private static boolean readsClock(CodeUnitAccessTarget target) {
        String name = target.getName();
        boolean noArguments = target.getRawParameterTypes().isEmpty();
        return (isA(target, System.class)
                        && Set.of("currentTimeMillis", "nanoTime").contains(name))
                || (target.getOwner().getPackageName().startsWith("java.time") && name.equals("now"))
                || ((isA(target, Clock.class) || isA(target, InstantSource.class))
                        && (name.startsWith("system") || name.startsWith("tick")))
                || (isA(target, Date.class) && name.equals("<init>") && noArguments)
                || (isA(target, Calendar.class) && name.equals("getInstance"));
    }

    private static boolean isA(CodeUnitAccessTarget target, Class<?> type) {
        return target.getOwner().isAssignableTo(type);
    }

    /** By a call or by a reference to a method. */
    private static ArchCondition<JavaClass> use(String what, Predicate<JavaCodeUnitAccess<?>> forbidden) {
        return accessTargetWhere(describe(
                "uses " + what, access -> access instanceof JavaCodeUnitAccess<?> use && forbidden.test(use)));
    }
}
