package io.flowhub.ephemeral.examples.spring;

import io.flowhub.ephemeral.spring.cache.EphemeralCache;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** Reads profiles through the cache. */
@RestController
class ProfileController {

    record Profile(String name, int databaseReads) {}

    private final EphemeralCache cache;
    private final AtomicInteger databaseReads = new AtomicInteger();

    ProfileController(EphemeralCache cache) {
        this.cache = cache;
    }

    @GetMapping("/profiles/{id}")
    ResponseEntity<Profile> profile(@PathVariable String id) {
        return ResponseEntity.of(cache.users().get(id, Profile.class, this::readFromDatabase));
    }

    private Optional<Profile> readFromDatabase(String id) {
        return Optional.of(new Profile("Profile of " + id, databaseReads.incrementAndGet()));
    }
}
