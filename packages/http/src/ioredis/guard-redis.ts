import { checkValue, having, whole } from '@breakwater/errors/options';
import { UnreachableError } from '../dependency/errors.ts';
import { checkGuardOptions, type DependencyGuard, GuardCore, type GuardOptions } from '../dependency/guard.ts';
import { timerMs } from '../options.ts';
import { isWaiting, mayWriteRedis } from './commands.ts';
import { isReadOnlyReply, isReply, withoutArguments } from './errors.ts';
import { guardPipeline, PartlyFailed, type RawPipeline, tellCallback } from './pipeline.ts';
import { createReadyWait, type RawRedis } from './ready.ts';

/** Options of `guardRedis`. */
export interface RedisGuardOptions extends GuardOptions {
  /** Commands and pipelines under way at the same time. Default 1000. */
  readonly maxPending?: number | undefined;
  /** Longest wait for the connection when there is none. Default: `acquireTimeoutMs`. */
  readonly connectTimeoutMs?: number | undefined;
  /** Longest time of a command or pipeline, but for those that wait for data (`BLPOP`, `SUBSCRIBE`, …). Default 1000. */
  readonly commandTimeoutMs?: number | undefined;
}

/** What is needed of a client of `ioredis`: an instance of `Redis`, not of `Cluster`. */
export type GuardableRedis = RawRedis;

/** One call of a client: a command, a pipeline or a transaction. */
export interface RedisCall {
  readonly operation: string;
  readonly mayWrite: boolean;
  readonly waits: boolean;
  readonly send: () => Promise<unknown>;
}

/**
 * A client of `ioredis` to be used in the place of the one given: every command, `pipeline`, `multi`, scripts, and `guard`.
 * What is added:
 *
 * - At most `maxPending` calls are under way; the next waits up to `acquireTimeoutMs` (`PoolExhaustedError`: overload, no
 *   failure of the server). A call keeps its place until the server has answered, however early its caller gave up.
 * - Without a connection a call waits up to `connectTimeoutMs` and rejects with `UnreachableError`; it is not queued
 *   to be sent later. A call that is not answered within `commandTimeoutMs` rejects with `TimeoutError`, its outcome unknown.
 * - The breaker opens by failures of the server and of the way to it, never by replies such as `WRONGTYPE`.
 * - In read-only mode (`guard.setReadOnly()`, or the server replied `READONLY`) commands that write are refused at once with
 *   `ReadOnlyError`; reads go on. A pipeline or transaction with one write in it is refused as a whole. Scripts that do not say
 *   that they only read count as writes.
 * - A connection that breaks is told as an event. Arguments of commands are taken out of errors.
 *
 * `duplicate()` gives a client without guard. Throws `OptionError` for wrong options.
 */
export function guardRedis<R extends GuardableRedis>(
  redis: R,
  options: RedisGuardOptions = {},
): R & { readonly guard: DependencyGuard } {
  checkValue('guardRedis.redis', redis, having('a client of ioredis', 'getBuiltinCommands', 'info', 'ping', 'on'));
  const more = { maxPending: whole(1), connectTimeoutMs: timerMs, commandTimeoutMs: timerMs };
  checkGuardOptions('guardRedis', options, more);
  const { commandTimeoutMs = 1000, checkTimeoutMs = 1000, maxPending: max = 1000 } = options;
  const { connectTimeoutMs = options.acquireTimeoutMs ?? 1000 } = options;
  let looking: Promise<boolean> | undefined;
  const core: GuardCore = new GuardCore(options, {
    defaultName: 'redis',
    max,
    isAnswer: (error) => isReply(error instanceof PartlyFailed ? error.cause : error),
    count: () => {
      const total = redis.status === 'ready' ? 1 : 0;
      return { total, idle: core.active === 0 ? total : 0 };
    },
    look: () => {
      // A server that hangs is not asked a second time while the first question is open.
      looking ??= look(redis, core.name).finally(() => {
        looking = undefined;
      });
      return core.limit(looking, `${core.name} PING`, checkTimeoutMs);
    },
  });
  redis.on('error', (error) => core.tellLost(error));
  const ready = createReadyWait(core, redis, connectTimeoutMs);

  const fail = (error: unknown): never => {
    withoutArguments(error);
    if (error instanceof PartlyFailed && isReadOnlyReply(error.cause)) core.switch.setByServer(true);
    throw isReadOnlyReply(error) ? core.switch.refusedByServer(error) : error;
  };
  const perform = async (call: RedisCall): Promise<unknown> => {
    const askedAt = core.clock.now();
    const leave = await core.enter(call.operation);
    let work: Promise<unknown>;
    try {
      await ready();
      core.tell({ type: 'dependency.acquired', waitedMs: core.clock.now() - askedAt });
      work = call.send();
    } catch (error) {
      leave();
      throw error;
    }
    work.then(leave, leave);
    return call.waits ? work : core.limit(work, `${core.name} ${call.operation}`, commandTimeoutMs);
  };
  const run = async (call: RedisCall): Promise<unknown> => {
    if (call.mayWrite && !core.switch.open) core.requireWritable(call.operation);
    try {
      const work = (): Promise<unknown> => perform(call).catch(fail);
      if (!call.waits || core.breaker.state === 'closed')
        return await core.breaker.execute(work, { operation: `${core.name} ${call.operation}` });
      // What may wait for minutes is no question to a server that is being tried again.
      const ping = { operation: 'PING', mayWrite: false, waits: false, send: () => redis.ping() };
      await core.breaker.execute(() => perform(ping).catch(fail), { operation: `${core.name} PING` });
      return await work();
    } catch (error) {
      if (error instanceof PartlyFailed) return error.results;
      throw error;
    }
  };

  const commands = new Set(redis.getBuiltinCommands());
  const isCommand = (name: string): boolean => commands.has(name) || Object.hasOwn(scriptsOf(redis), name);
  const nameOf = (property: string): string | undefined => {
    if (isCommand(property)) return property;
    const name = property.endsWith('Buffer') ? property.slice(0, -6) : '';
    return isCommand(name) ? name : undefined;
  };
  const toCall = (property: string, name: string | undefined, method: Method, args: readonly unknown[]): RedisCall => {
    const given = name ?? String(args[0]).toLowerCase();
    const script = Object.hasOwn(scriptsOf(redis), given) ? scriptsOf(redis)[given] : undefined;
    return {
      // Scripts and unknown commands have names that somebody chose: not for labels.
      operation: commands.has(given) ? given.toUpperCase() : property === 'call' ? 'call' : 'script',
      mayWrite: script === undefined ? mayWriteRedis(given) : script.readOnly !== true,
      waits: isWaiting(given, args),
      send: () => method.apply(redis, args as unknown[]) as Promise<unknown>,
    };
  };

  const wrappers = new Map<string, { readonly method: unknown; readonly wrapper: unknown }>();
  const wrap = (property: string, method: Method, proxy: object): unknown => {
    if (property === 'pipeline' || property === 'multi')
      return (...args: unknown[]): unknown => {
        const settings = args.find((arg) => typeof arg === 'object' && arg !== null && !Array.isArray(arg));
        if (property === 'multi' && (settings as { pipeline?: unknown } | undefined)?.pipeline === false)
          return run(toCall(property, property, method, args));
        const batch = args.find(Array.isArray) as readonly (readonly unknown[])[] | undefined;
        return guardPipeline(method.call(redis) as RawPipeline, property, batch, run);
      };
    // The way out is always open.
    if (property === 'quit') return method.bind(redis);
    const name = nameOf(property);
    if (name !== undefined || /^(?:call|callBuffer|send_command)$/.test(property))
      return (...args: unknown[]): unknown => {
        const callback =
          typeof args.at(-1) === 'function' ? (args.pop() as Parameters<typeof tellCallback>[1]) : undefined;
        const result = run(toCall(property, name, method, args));
        return callback === undefined ? result : tellCallback(result, callback);
      };
    // These make their commands by the client they are called on.
    return property.endsWith('Stream')
      ? (...args: unknown[]): unknown => method.apply(proxy, args)
      : method.bind(redis);
  };
  return new Proxy(redis, {
    get(target, property, proxy) {
      if (property === 'guard') return core satisfies DependencyGuard;
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function' || typeof property === 'symbol' || property === 'constructor') return value;
      const known = wrappers.get(property);
      if (known?.method === value) return known.wrapper;
      const wrapper = wrap(property, value as Method, proxy as object);
      wrappers.set(property, { method: value, wrapper });
      return wrapper;
    },
  }) as R & { readonly guard: DependencyGuard };
}

type Method = (...args: unknown[]) => unknown;
/** What `defineCommand` has added. */
function scriptsOf(redis: object): Readonly<Record<string, { readonly readOnly?: unknown }>> {
  return (redis as { scriptsSet?: Record<string, { readonly readOnly?: unknown }> }).scriptsSet ?? {};
}

async function look(redis: RawRedis, name: string): Promise<boolean> {
  if (redis.status !== 'ready') throw new UnreachableError(name, 0);
  await redis.ping();
  try {
    const text = await redis.info('replication');
    return /^role:slave\b/m.test(text) && !/^slave_read_only:0\b/m.test(text);
  } catch (error) {
    // A user without the right to ask: the server answers, and writes will say whether they are taken.
    if (isReply(error)) return false;
    throw error;
  }
}
