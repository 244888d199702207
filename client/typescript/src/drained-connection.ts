import { Http2SubchannelConnector } from '@grpc/grpc-js/build/src/transport.js';

/** Marks the connections of this client among all of grpc-js. */
export const OWN_CONNECTION = 'ephemeral.own_connection';

/** The part of the connections of grpc-js 1.14.7 that is not public. */
interface Transport {
  session: { closed: boolean };
  maybeSendPing(): void;
}

/**
 * Keeps the streams of a connection whose server shuts down, until the server ends them. Node sends no ping on such a
 * connection; grpc-js takes that for a dead one at its next ping and breaks all streams, before they have moved to
 * another server. A server that is silent is noticed all the same: it has announced when the streams end.
 */
const { connect } = Http2SubchannelConnector.prototype;
Http2SubchannelConnector.prototype.connect = async function (address, secureConnector, options) {
  const connection = await connect.call(this, address, secureConnector, options);
  const transport = connection as unknown as Transport;
  if (options[OWN_CONNECTION]) {
    const { maybeSendPing } = transport;
    transport.maybeSendPing = () => {
      if (!transport.session.closed) {
        maybeSendPing.call(transport);
      }
    };
  }
  return connection;
};
