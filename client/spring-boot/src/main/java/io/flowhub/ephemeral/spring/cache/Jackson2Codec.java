package io.flowhub.ephemeral.spring.cache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

final class Jackson2Codec implements JsonCodec {

    private final ObjectMapper mapper;

    Jackson2Codec(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    @Override
    public String write(Object value) throws JsonProcessingException {
        return mapper.writeValueAsString(value);
    }

    @Override
    public <T> T read(String json, Class<T> type) throws JsonProcessingException {
        return mapper.readValue(json, type);
    }
}
