import type { LogRecord, SpanRecord } from '../telemetry/records.ts';
import type { Query, Signal } from './ast.ts';
import { FREE_TEXT, targetOf } from './fields.ts';
import { and } from './operators/and.ts';
import { not } from './operators/not.ts';
import type { Matcher } from './operators/operator.ts';
import { or } from './operators/or.ts';
import { operatorOf } from './operators/tests.ts';
import { text } from './operators/text.ts';

const logMatchers = new WeakMap<Query, Matcher>();
const spanMatchers = new WeakMap<Query, Matcher>();

/** Whether a log record matches, exactly as the condition of `toSql(query, 'logs')` in the store. */
export function matches(query: Query, record: LogRecord): boolean {
  return cached(logMatchers, query, 'logs')(record);
}

/** Whether a span matches, exactly as the condition of `toSql(query, 'spans')` in the store. */
export function matchesSpan(query: Query, record: SpanRecord): boolean {
  return cached(spanMatchers, query, 'spans')(record);
}

function cached(matchers: WeakMap<Query, Matcher>, query: Query, signal: Signal): Matcher {
  const known = matchers.get(query);
  if (known) return known;
  const compiled = compile(query, signal);
  matchers.set(query, compiled);
  return compiled;
}

function compile(query: Query, signal: Signal): Matcher {
  const part = (inner: Query): Matcher => {
    switch (inner.kind) {
      case 'all':
        return () => true;
      case 'and':
        return and.matcher(inner, part);
      case 'or':
        return or.matcher(inner, part);
      case 'not':
        return not.matcher(inner, part);
      case 'text':
        return text.matcher(inner.test, FREE_TEXT[signal]);
      case 'field':
        return operatorOf(inner.test).matcher(inner.test, targetOf(inner.field, signal));
    }
  };
  return part(query);
}
