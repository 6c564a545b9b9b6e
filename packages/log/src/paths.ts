import type { Redactor, Rule } from '@breakwater/redact';
import { toJsonString } from './text.ts';

/** One place that path rules name, and those below it. */
export interface PathNode {
  readonly children: Map<string, PathNode>;
  /** What a text here becomes, as JSON; '' where no rule ends. */
  marker: string;
}

/** The path rules of a redactor, as the fast walk can follow them, and the first names it must leave to the redactor. */
export interface Paths {
  readonly root: PathNode | undefined;
  /** Must a field of this name go through the redactor whole? */
  leaves(name: string): boolean;
}

const SIMPLE = /^[\w-]+(?:\.[\w-]+)*$/;
const SAMPLE = 'q7Rk2ZpX9vLm4Tn8Wc3YbD6s';

/** Plain paths (`user.email`) that mask are followed in the walk; `*`, `**`, indexes and other actions are not. */
export function compilePaths(rules: readonly Rule[], redactor: Redactor): Paths {
  const left = new Set<string>();
  let all = false;
  const root: PathNode = { children: new Map(), marker: '' };
  for (const rule of rules) {
    if (!('path' in rule)) continue;
    const simple = SIMPLE.test(rule.path);
    const names = rule.path.split('.');
    const first = simple ? names[0] : /^[^.[\]*]+/.exec(rule.path)?.[0];
    if (first === undefined) all = true;
    else if (!simple || rule.action !== 'mask' || (names.length > 1 && redactor.key(first) !== false)) left.add(first);
    else addPath(root, names, redactor);
  }
  return { root: root.children.size === 0 ? undefined : root, leaves: (name) => all || left.has(name) };
}

function addPath(root: PathNode, names: readonly string[], redactor: Redactor): void {
  let node = root;
  for (const name of names) {
    let next = node.children.get(name);
    if (next === undefined) {
      next = { children: new Map(), marker: '' };
      node.children.set(name, next);
    }
    node = next;
  }
  let sample: unknown = SAMPLE;
  for (const name of names.toReversed()) sample = { [name]: sample };
  let masked: unknown = redactor.redact(sample);
  for (const name of names) masked = (masked as Record<string, unknown>)[name];
  node.marker = toJsonString(String(masked));
}
