import { run } from './call.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Listener, subscribeToAll } from './events.ts';
import { having, OptionError, type Rule } from './options.ts';
import { toPlan } from './plan.ts';
import type { Fusible, Policy } from './policy.ts';

/** A chain of policies that is itself a policy. */
export interface ComposedPolicy<E = unknown> extends Policy<E> {
  readonly kind: 'composed';
  /** The members, from the outside in. */
  readonly policies: readonly Policy[];
}

/** The events of the members of a chain. */
export type EventOf<P> = P extends Policy<infer E> ? E : never;

/** A member of a chain, with what it may offer to be fused. */
type Part = Policy & Fusible & { readonly clock?: Clock };
type Execute = Policy['execute'];

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
    name: name ?? nameOf(members),
    policies: members,
    execute: toExecute(members, name),
    on: (listener) => subscribeToAll(members, listener as Listener<unknown>),
  };
}

/** An option that is a policy. */
export const policyRule: Rule = /* @__PURE__ */ having('a policy', 'execute', 'on');

function toMembers(policy: unknown, index: number): readonly Policy[] {
  if (!policyRule[1](policy)) throw new OptionError(`compose[${index}]`, policy, policyRule[0]);
  const { kind, policies } = policy as ComposedPolicy;
  return kind === 'composed' && policies ? policies : [policy as Policy];
}

/** Cuts the chain into runs that can be fused, and single policies that are called through their `execute`. */
function toExecute(members: readonly Part[], chainName: string | undefined): Execute {
  const runs: Part[][] = [];
  for (const part of members) {
    const last = runs.at(-1);
    if (last && fits(last, part)) last.push(part);
    else runs.push([part]);
  }
  return runs
    .map((parts) => executeOf(parts, chainName))
    .reduceRight((inner, outer) => (work, options) => outer((context) => inner(work, context), options));
}

/** A retry is the outermost of a run, and a run has one clock. */
function fits(parts: readonly Part[], { gates, repeater, clock }: Part): boolean {
  const [first] = parts;
  return isFusible(first!) && gates !== undefined && !repeater && first!.clock === clock;
}

function isFusible({ gates, repeater }: Part): boolean {
  return (gates ?? repeater) !== undefined;
}

function executeOf(parts: readonly Part[], chainName: string | undefined): Execute {
  const [first] = parts;
  if (!isFusible(first!)) return (work, options) => first!.execute(work, options);
  const plan = toPlan({
    name: chainName ?? nameOf(parts),
    clock: first!.clock ?? systemClock,
    gates: parts.flatMap(({ gates = [] }) => gates),
    repeater: first!.repeater,
  });
  return (work, options) => run(plan, work, options);
}

function nameOf(members: readonly Policy[]): string {
  return members.map((member) => member.name).join('+');
}
