import { type ChannelOptions, experimental } from '@grpc/grpc-js';

const SCHEME = 'ephemeral';

/** `localhost:9090` also looks like a URI with a scheme. */
const HAS_SCHEME = /^[a-zA-Z][a-zA-Z0-9+.-]*:\//;
const HOST_AND_PORT = /^(?:\[[0-9A-Fa-f:.%]+\]|[^\s:,/[\]]+):\d{1,5}$/;

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]):\d+$/;

/** The gRPC target of `host:port`, of several separated by commas, or of a gRPC target with its scheme. */
export function grpcTarget(target: string): string {
  if (HAS_SCHEME.test(target)) {
    return target;
  }
  const hosts = target.split(',').map((host) => host.trim());
  if (!hosts.every((host) => HOST_AND_PORT.test(host))) {
    throw new RangeError(`target: ${JSON.stringify(target)} (expected: host:port, or several separated by commas)`);
  }
  return hosts.length === 1 ? `dns:${hosts[0]}` : `${SCHEME}:${hosts.join(',')}`;
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
