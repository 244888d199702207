import { isIPv6 } from 'node:net';
import { type ChannelOptions, experimental } from '@grpc/grpc-js';

const SCHEME = 'ephemeral';

/** The schemes of gRPC that name a server; `localhost:9090` also looks like a URI with a scheme. */
const DNS = /^dns:(?:\/\/[^/]*)?\/(?<host>[^/]+)$/;
const OTHER_SCHEME = /^(?:unix|xds):\/./;
const HOST_AND_PORT = /^(?:\[(?<ipv6>[^\]]+)\]|[^\s:,/[\]]+):(?<port>\d{1,5})$/;

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]):\d+$/;

/** The gRPC target of `host:port`, of several separated by commas, or of a gRPC target with its scheme. */
export function grpcTarget(target: string, name = 'target'): string {
  const dnsHost = DNS.exec(target)?.groups?.host;
  if (OTHER_SCHEME.test(target) || (dnsHost !== undefined && isHostAndPort(dnsHost))) {
    return target;
  }
  const hosts = target.split(',').map((host) => host.trim());
  if (!hosts.every(isHostAndPort)) {
    const rule = 'host:port with a port of 1 to 65535, or several separated by commas';
    throw new RangeError(`${name}: ${JSON.stringify(target)} (expected: ${rule})`);
  }
  return hosts.length === 1 ? `dns:${hosts[0]}` : `${SCHEME}:${hosts.join(',')}`;
}

function isHostAndPort(text: string): boolean {
  const { ipv6, port } = HOST_AND_PORT.exec(text)?.groups ?? {};
  return Number(port) >= 1 && Number(port) <= 65_535 && (ipv6 === undefined || isIPv6(ipv6));
}

/** Whether each host is this machine. */
export function isLoopback(target: string): boolean {
  return target.split(',').every((host) => LOOPBACK.test(host.trim().replace(/^dns:\/*/, '')));
}

type Endpoints = experimental.Endpoint[];

/** Resolves several hosts, each by DNS, to the endpoints of all of them. */
class HostsResolver implements experimental.Resolver {
  readonly #resolvers: experimental.Resolver[];

  constructor(target: experimental.GrpcUri, listener: experimental.ResolverListener, options: ChannelOptions) {
    const found = new Map<number, Endpoints>();
    const failed = new Set<number>();
    const hosts = target.path.split(',');
    this.#resolvers = hosts.map((path, i) =>
      experimental.createResolver(
        { scheme: 'dns', path },
        (result, attributes, serviceConfig, note) => {
          if (result.ok) {
            found.set(i, result.value);
            failed.delete(i);
          } else {
            failed.add(i); // What was found before stays.
          }
          if (found.size > 0 && new Set([...found.keys(), ...failed]).size === hosts.length) {
            return listener(
              experimental.statusOrFromValue([...found.values()].flat()),
              attributes,
              serviceConfig,
              note,
            );
          }
          return failed.size === hosts.length ? listener(result, attributes, serviceConfig, note) : true;
        },
        options,
      ),
    );
  }

  updateResolution(): void {
    for (const resolver of this.#resolvers) {
      resolver.updateResolution();
    }
  }

  destroy(): void {
    for (const resolver of this.#resolvers) {
      resolver.destroy();
    }
  }

  /** The name in the certificate of each host: that of the first one. */
  static getDefaultAuthority(target: experimental.GrpcUri): string {
    return target.path.split(',')[0] as string;
  }
}

experimental.registerResolver(SCHEME, HostsResolver);
