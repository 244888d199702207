/** The generated messages and the generated grpc-js clients of every service, as the protos define them. */
export * from './generated/google/protobuf/duration.js';
export * from './generated/index.flowhub.ephemeral.v1.js';
