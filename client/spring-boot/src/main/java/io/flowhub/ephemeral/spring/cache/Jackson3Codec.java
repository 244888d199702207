package io.flowhub.ephemeral.spring.cache;

import tools.jackson.databind.json.JsonMapper;

final class Jackson3Codec implements JsonCodec {

    private final JsonMapper mapper;

    Jackson3Codec(JsonMapper mapper) {
        this.mapper = mapper;
    }

    @Override
    public String write(Object value) {
        return mapper.writeValueAsString(value);
    }

    @Override
    public <T> T read(String json, Class<T> type) {
        return mapper.readValue(json, type);
    }
}
