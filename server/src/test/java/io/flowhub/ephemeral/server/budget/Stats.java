package io.flowhub.ephemeral.server.budget;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import redis.clients.jedis.Jedis;

/** How often Redis has run a command, by clients and by scripts. */
final class Stats {

    static long calls(Jedis redis, String command) {
        Matcher matcher =
                Pattern.compile("cmdstat_" + command + ":calls=(\\d+)").matcher(redis.info("commandstats"));
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    private Stats() {}
}
