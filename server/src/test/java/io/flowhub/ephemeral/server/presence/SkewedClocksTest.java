package io.flowhub.ephemeral.server.presence;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.github.benmanes.caffeine.cache.Ticker;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.InstantSource;
import org.junit.jupiter.api.Tag;

/**
 * Servers with different clocks report the same users offline at the same time, because no server reads its clock: when a
 * user is checked, whether the user is online and the order of events follow the clock of Redis.
 */
@Tag("unit")
@AnalyzeClasses(packages = "io.flowhub.ephemeral.server.presence", importOptions = ImportOption.DoNotIncludeTests.class)
class SkewedClocksTest {

    @ArchTest
    static final ArchRule noServerReadsItsClock = noClasses()
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(InstantSource.class)
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Ticker.class)
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.time.Instant");
}
