package io.flowhub.ephemeral.spring.ratelimit;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

@SpringBootConfiguration
@EnableAutoConfiguration
class LoginApplication {

    record Login(String user, String password) {}

    @Retention(RetentionPolicy.RUNTIME)
    @RateLimited(action = "search", key = "#term")
    @interface SearchLimit {}

    @RestController
    static class LoginController {

        @PostMapping("/login")
        @RateLimited(action = "login_attempts", key = "#login.user()")
        String login(@RequestBody Login login) {
            return "welcome";
        }

        @PostMapping("/login-closed")
        @RateLimited(action = "login_attempts", key = "#login.user()", onUnavailable = OnUnavailable.CLOSED)
        String loginOrFail(@RequestBody Login login) {
            return "welcome";
        }

        @PostMapping("/login-open")
        @RateLimited(action = "login_attempts", key = "#login.user()", onUnavailable = OnUnavailable.OPEN)
        String loginAnyway(@RequestBody Login login) {
            return "welcome";
        }

        @PostMapping("/login-twice")
        @RateLimited(action = "logins_of_address", key = "#request.remoteAddr")
        @RateLimited(action = "login_attempts", key = "#login.user()")
        String loginWithTwoLimits(@RequestBody Login login) {
            return "welcome";
        }

        @SearchLimit
        @GetMapping("/search/{term}")
        public String search(@PathVariable String term) {
            return "found";
        }

        @GetMapping("/free")
        String free() {
            return "free";
        }
    }
}
