/**
 * The automaton of Aho and Corasick (CACM 18, 1975) as one dense table over character classes. Letters are folded to
 * one case, the ten digits are one class, and space, `_`, `-` and `.` are one class, so that `api_key`, `API-Key` and
 * `api key` share a path. Whoever gets a hit compares the exact text if that matters.
 */
export interface Automaton<T> {
  /** Character code below 128 to class. */
  readonly classes: Uint8Array;
  /** `next[(state << 6) | class]` */
  readonly next: Uint16Array;
  /** States from this one on have outputs. */
  readonly firstOutput: number;
  /** Outputs of state `firstOutput + i`, longest literal first. */
  readonly outputs: readonly (readonly T[])[];
  /** The state after one digit from the root. */
  readonly digitState: number;
}

/** Class of letters is 1 to 26; these follow. */
const OTHER_CLASSES = [
  '0123456789',
  ' _-.',
  '/',
  ':',
  '@',
  '+',
  '=',
  '%',
  '&',
  '\\',
  '[',
  '"',
  '<',
  '{',
  '(',
  '#',
  '~',
];
const CONTROL_CLASS: number = 27 + OTHER_CLASSES.length;

function buildClasses(): Uint8Array {
  const classes = new Uint8Array(128);
  for (let code = 0; code < 128; code++) {
    const char = String.fromCharCode(code).toLowerCase();
    if (char >= 'a' && char <= 'z') classes[code] = char.charCodeAt(0) - 96;
    else if ((code < 32 && code !== 9) || code === 127) classes[code] = CONTROL_CLASS;
    else {
      const group = OTHER_CLASSES.findIndex((members) => members.includes(char));
      classes[code] = group === -1 ? 0 : 27 + group;
    }
  }
  return classes;
}

interface Node<T> {
  readonly children: Map<number, Node<T>>;
  readonly own: T[];
  all: readonly T[];
  fail: Node<T> | undefined;
  id: number;
}

function createNode<T>(): Node<T> {
  return { children: new Map(), own: [], all: [], fail: undefined, id: 0 };
}

/** Builds the automaton. A literal is ASCII; `\x01` in it stands for any control character. */
export function buildAutomaton<T>(literals: readonly (readonly [literal: string, output: T])[]): Automaton<T> {
  const classes = buildClasses();
  const root = createNode<T>();
  for (const [literal, output] of literals) {
    let node = root;
    for (let index = 0; index < literal.length; index++) {
      const symbol = classes[literal.charCodeAt(index)]!;
      let child = node.children.get(symbol);
      if (child === undefined) {
        child = createNode<T>();
        node.children.set(symbol, child);
      }
      node = child;
    }
    node.own.push(output);
  }
  const order = linkFailures(root);
  const silent = order.filter((node) => node.all.length === 0);
  const loud = order.filter((node) => node.all.length > 0);
  const numbered = [...silent, ...loud];
  if (numbered.length > 65_535) throw new RangeError(`too many rules: ${numbered.length} automaton states`);
  for (const [id, node] of numbered.entries()) node.id = id;
  const next = new Uint16Array(numbered.length << 6);
  for (const node of order) {
    const row = node.id << 6;
    if (node.fail !== undefined) next.copyWithin(row, node.fail.id << 6, (node.fail.id << 6) + 64);
    for (const [symbol, child] of node.children) next[row | symbol] = child.id;
  }
  return {
    classes,
    next,
    firstOutput: silent.length,
    outputs: loud.map((node) => node.all),
    digitState: root.children.get(classes[48]!)?.id ?? 0,
  };
}

/** Breadth first, so that a node's failure target is complete before the node. */
function linkFailures<T>(root: Node<T>): Node<T>[] {
  const order = [root];
  for (let index = 0; index < order.length; index++) {
    const node = order[index]!;
    node.all = node.fail === undefined ? node.own : [...node.own, ...node.fail.all];
    for (const [symbol, child] of node.children) {
      let fail = node.fail;
      while (fail !== undefined && !fail.children.has(symbol)) fail = fail.fail;
      child.fail = fail === undefined ? root : fail.children.get(symbol)!;
      order.push(child);
    }
  }
  return order;
}
