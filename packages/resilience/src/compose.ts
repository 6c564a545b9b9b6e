import { run } from './call.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Listener } from './events.ts';
import { OptionError, type Rule } from './options.ts';
import { type Plan, toPlan } from './plan.ts';
import type { CallOptions, Fusible, Gate, Policy, Work } from './policy.ts';

/** A chain of policies that is itself a policy. */
export interface ComposedPolicy<E = unknown> extends Policy<E> {
  readonly kind: 'composed';
  /** The members, from the outside in. */
  readonly policies: readonly Policy[];
}

/** The events of the members of a chain. */
export type EventOf<P> = P extends Policy<infer E> ? E : never;

interface FusedPart extends Fusible {
  readonly clock?: Clock;
}

interface Segment {
  readonly plan: Plan | undefined;
  readonly policy: Policy | undefined;
}

/**
 * Puts policies around each other, the first outermost: `compose(retry, breaker, timeout)` runs the timeout around
 * every attempt and the retry around all. Neighbours that are gates, with at most one retry outside of them, run fused:
 * one promise for all of them. Any object of the shape of a policy can be a member, own ones and other chains too.
 *
 * Throws `OptionError` when a member is not a policy, when none is given, and when the chain holds two retries: their
 * attempts would multiply. `on` listens to all members.
 */
export function compose<P extends readonly Policy[]>(...policies: P): ComposedPolicy<EventOf<P[number]>> {
  return toChain(undefined, policies);
}

/** {@link compose}, with a name of its own: the default of `operation`. */
export function toChain<E>(name: string | undefined, policies: readonly unknown[]): ComposedPolicy<E> {
  if (policies.length === 0) throw new OptionError('compose', undefined, 'at least one policy');
  const members = policies.flatMap(toMembers);
  if (members.filter((member) => member.kind === 'retry').length > 1) {
    throw new OptionError('compose', members.map((member) => member.kind).join(', '), 'at most one retry in a chain');
  }
  return {
    kind: 'composed',
    name: name ?? members.map((member) => member.name).join('+'),
    policies: members,
    execute: toExecute(toSegments(members, name)),
    on: (listener) => {
      const removers = members.map((member) => member.on(listener as Listener<unknown>));
      return () => {
        for (const remove of removers) remove();
      };
    },
  };
}

/** An option that is a policy. */
export const policyRule: Rule = [
  'a policy (execute, on)',
  (v) => typeof (v as Partial<Policy> | null)?.execute === 'function' && typeof (v as Policy).on === 'function',
];

function toMembers(policy: unknown, index: number): readonly Policy[] {
  if (!policyRule[1](policy)) throw new OptionError(`compose[${index}]`, policy, policyRule[0]);
  const { kind, policies } = policy as ComposedPolicy;
  return kind === 'composed' && policies !== undefined ? policies : [policy as Policy];
}

/** Cuts the chain into runs that can be fused, and single policies that are called through `execute`. */
function toSegments(members: readonly Policy[], chainName: string | undefined): Segment[] {
  const segments: Segment[] = [];
  let run: (Policy & FusedPart)[] = [];
  const close = (): void => {
    if (run.length === 0) return;
    const plan = toPlan({
      name: chainName ?? run.map((part) => part.name).join('+'),
      clock: run[0]!.clock ?? systemClock,
      gates: run.flatMap((part) => part.gates ?? []),
      repeater: run[0]!.repeater,
    });
    segments.push({ plan, policy: undefined });
    run = [];
  };
  const parts = members.flatMap((member: Policy & FusedPart): (Policy & FusedPart)[] =>
    member.around === undefined ? [member] : [member.around, member],
  );
  for (const part of parts) {
    if (part.gates === undefined && part.repeater === undefined) {
      close();
      segments.push({ plan: undefined, policy: part });
      continue;
    }
    // A retry is the outermost layer of a run, and one run has one clock and one way to give up.
    const limits = [...run, part].flatMap(({ gates = [] }) => gates.filter((gate) => gate.onLimit));
    const differs = run.some(({ clock }) => clock !== part.clock) || new Set(limits.map(isCooperative)).size > 1;
    if (part.repeater !== undefined || differs) close();
    run.push(part);
  }
  close();
  return segments;
}

function isCooperative(gate: Gate): boolean {
  return gate.cooperative === true;
}

function toExecute(segments: readonly Segment[]): Policy['execute'] {
  const [first, ...rest] = segments;
  const { plan, policy } = first!;
  if (rest.length === 0) {
    return plan === undefined
      ? (work, options) => policy!.execute(work, options)
      : (work, options) => run(plan, work, options);
  }
  const inner = toExecute(rest);
  return <T>(work: Work<T>, options?: CallOptions) => {
    const rest: Work<T> = (context) => inner(work, context);
    return plan === undefined ? policy!.execute(rest, options) : run(plan, rest, options);
  };
}
