import * as v1 from '../v1.js';
import { type CallOptions, methodName, type UnaryCalls, type UnaryMethod } from './unary-calls.js';

/** A request: fields that are left out have their default. */
export type PartialMessage<Q> = Q extends Uint8Array
  ? Q
  : Q extends readonly (infer E)[]
    ? readonly PartialMessage<E>[]
    : Q extends object
      ? { [K in keyof Q]?: PartialMessage<Q[K]> }
      : Q;

interface Unary<Q, A> extends UnaryMethod<Q, A> {
  readonly requestStream: false;
  readonly responseStream: false;
}

// biome-ignore lint/suspicious/noExplicitAny: matches a method whatever its request and response are
type AnyUnary = Unary<any, any>;

/** The unary methods of a generated service definition, as functions that return promises. */
export type Stub<S> = {
  readonly [M in keyof S as S[M] extends AnyUnary ? M : never]: S[M] extends Unary<infer Q, infer A>
    ? (request: PartialMessage<Q>, options?: CallOptions) => Promise<A>
    : never;
};

type Complete = (request: object) => object;

export function stub<S extends object>(service: S, calls: UnaryCalls): Stub<S> {
  const methods = Object.entries(service)
    .filter(([, method]) => !method.requestStream && !method.responseStream)
    .map(([name, method]) => {
      const complete = completer(methodName(method.path));
      return [name, (request: object, options?: CallOptions) => calls.call(method, complete(request), options)];
    });
  return Object.fromEntries(methods) as Stub<S>;
}

/** Each RPC has a request type of its own, named after it. */
function completer(rpc: string): Complete {
  const types = v1 as unknown as Record<string, { fromPartial: Complete }>;
  const type = types[`${rpc}Request`];
  if (type === undefined) {
    throw new Error(`no request type of ${rpc}`);
  }
  return type.fromPartial;
}
