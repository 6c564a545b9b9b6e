import { classify } from '@breakwater/errors';
import { mayWriteRedis } from './commands.ts';
import { isReadOnlyReply, isReply, withoutArguments } from './errors.ts';
import type { RedisCall } from './guard-redis.ts';

/** What is used of a pipeline of `ioredis`. */
export interface RawPipeline {
  exec(callback?: unknown): Promise<unknown>;
  sendCommand(command: { readonly name: string; readonly isReadOnly?: boolean }): unknown;
  addBatch(commands: readonly (readonly unknown[])[]): unknown;
}

/** A pipeline of which the connection broke: its results, some of them errors, are the answer, and the breaker counts it. */
export class PartlyFailed extends Error {
  override readonly name = 'PartlyFailed';
  readonly results: unknown;
  constructor(results: unknown, cause: unknown) {
    super('Commands of the pipeline failed', { cause });
    this.results = results;
  }
}

type Callback = (error: unknown, value?: unknown) => void;

/** As ioredis does with a callback: it is told, and the promise's rejection counts as handled. */
export function tellCallback(result: Promise<unknown>, callback: Callback): Promise<unknown> {
  result.then(
    (value) => process.nextTick(callback, null, value),
    (error: unknown) => process.nextTick(callback, error),
  );
  return result;
}

/** The same pipeline; as it is executed, it is one call. */
export function guardPipeline<P extends RawPipeline>(
  pipeline: P,
  kind: string,
  batch: readonly (readonly unknown[])[] | undefined,
  run: (call: RedisCall) => Promise<unknown>,
): P {
  let mayWrite = false;
  let transactions = 0;
  let begun = false;
  const { sendCommand, exec } = pipeline;
  pipeline.sendCommand = function guardedSend(command) {
    if (command.name === 'multi') transactions++;
    mayWrite ||= mayWriteRedis(command.name) && command.isReadOnly !== true;
    return sendCommand.call(this, command);
  };
  pipeline.exec = function guardedExec(callback?: unknown): Promise<unknown> {
    // The end of a transaction inside of a pipeline, which goes on; or ioredis calling itself.
    if (begun || transactions-- > 0) return exec.call(this, callback);
    begun = true;
    const send = async (): Promise<unknown> => {
      const results = await exec.call(this);
      const broken = firstFailure(results);
      if (broken !== undefined) throw new PartlyFailed(results, broken);
      return results;
    };
    const result = run({ operation: kind === 'multi' ? 'MULTI' : 'pipeline', mayWrite, waits: false, send });
    return typeof callback === 'function' ? tellCallback(result, callback as Callback) : result;
  };
  if (batch !== undefined) pipeline.addBatch(batch);
  return pipeline;
}

function firstFailure(results: unknown): unknown {
  if (!Array.isArray(results)) return undefined;
  for (const entry of results as unknown[]) {
    const error: unknown = Array.isArray(entry) ? entry[0] : undefined;
    if (!(error instanceof Error)) continue;
    withoutArguments(error);
    if (isReadOnlyReply(error) || (!isReply(error) && classify(error).countsForBreaker)) return error;
  }
  return undefined;
}
