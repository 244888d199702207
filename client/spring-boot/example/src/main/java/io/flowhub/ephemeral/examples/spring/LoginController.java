package io.flowhub.ephemeral.examples.spring;

import io.flowhub.ephemeral.spring.ratelimit.OnUnavailable;
import io.flowhub.ephemeral.spring.ratelimit.RateLimited;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Endpoints with 5 attempts a minute for each user, the default policy of `login_attempts`. */
@RestController
class LoginController {

    record Login(String user, String password) {}

    record Transfer(String user, int amount) {}

    /** Logins go on while Ephemeral is down. */
    @PostMapping("/login")
    @RateLimited(action = "login_attempts", key = "#login.user()")
    ResponseEntity<String> login(@RequestBody Login login) {
        return "open sesame".equals(login.password())
                ? ResponseEntity.ok("welcome\n")
                : ResponseEntity.status(HttpStatus.UNAUTHORIZED).body("wrong password\n");
    }

    /** No transfer without a limit. */
    @PostMapping("/transfer")
    @RateLimited(action = "api_hits", key = "#transfer.user()", onUnavailable = OnUnavailable.CLOSED)
    String transfer(@RequestBody Transfer transfer) {
        return "transferred\n";
    }
}
