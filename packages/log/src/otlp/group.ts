import type { AttributeValue, LogRecord } from '../record.ts';

interface ScopeGroup {
  readonly name: string;
  readonly records: LogRecord[];
}

interface ResourceGroup {
  readonly resource: Readonly<Record<string, AttributeValue>>;
  readonly scopes: ScopeGroup[];
}

/** Records by resource and scope, as OTLP wants them. */
export function groupRecords(records: readonly LogRecord[]): ResourceGroup[] {
  const groups = new Map<string, ResourceGroup>();
  for (const record of records) {
    const key = JSON.stringify(record.resource, (_name, value: unknown) =>
      typeof value === 'bigint' ? `${value}n` : value,
    );
    let group = groups.get(key);
    if (group === undefined) {
      group = { resource: record.resource, scopes: [] };
      groups.set(key, group);
    }
    const name = record.scope ?? '';
    let scope = group.scopes.find((candidate) => candidate.name === name);
    if (scope === undefined) {
      scope = { name, records: [] };
      group.scopes.push(scope);
    }
    scope.records.push(record);
  }
  return [...groups.values()];
}

/** Nanoseconds since 1970. */
export function unixNano(timestamp: string): bigint {
  const ms = Date.parse(timestamp);
  return Number.isNaN(ms) ? 0n : BigInt(ms) * 1_000_000n;
}
