package io.flowhub.ephemeral.spring.cache;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.spring.client.EphemeralClientAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.json.JsonMapper;

/** Reads objects through the cache with the JSON mapper of the application. */
@AutoConfiguration(
        after = EphemeralClientAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.autoconfigure.jackson.JacksonAutoConfiguration",
            "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration",
            "org.springframework.boot.jackson2.autoconfigure.Jackson2AutoConfiguration"
        })
public final class EphemeralCacheAutoConfiguration {

    @Bean
    @ConditionalOnBean({EphemeralClient.class, JsonCodec.class})
    @ConditionalOnMissingBean
    EphemeralCache ephemeralCache(EphemeralClient client, JsonCodec codec) {
        return new EphemeralCache(
                new CachedObjects(client.users(), codec), new CachedObjects(client.products(), codec));
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(JsonMapper.class)
    static final class WithJackson3 {

        @Bean
        @ConditionalOnBean(JsonMapper.class)
        @ConditionalOnMissingBean
        JsonCodec ephemeralJsonCodec(JsonMapper mapper) {
            return new Jackson3Codec(mapper);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(ObjectMapper.class)
    static final class WithJackson2 {

        @Bean
        @ConditionalOnBean(ObjectMapper.class)
        @ConditionalOnMissingBean
        JsonCodec ephemeralJsonCodec(ObjectMapper mapper) {
            return new Jackson2Codec(mapper);
        }
    }
}
