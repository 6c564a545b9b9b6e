/** The fields of a rule's condition, by its kind. */
import type { AlertCondition } from '@breakwater/server/api-types';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { servicesQuery } from '../../api/queries.ts';
import { useNow } from '../../time/clock.ts';
import { Field, NumberField, PercentField } from '../../ui/form.tsx';

interface ConditionProps {
  condition: AlertCondition;
  onChange: (condition: AlertCondition) => void;
}

const DAY_MS = 86_400_000;

export function ServiceField({ condition, onChange }: ConditionProps) {
  const now = useNow();
  const toMs = Math.ceil(now / 3_600_000) * 3_600_000;
  const { data } = useQuery({ ...servicesQuery({ fromMs: toMs - DAY_MS, toMs }), staleTime: 60_000 });
  return (
    <Field label="Service" value={condition.service} hint="Empty: each service on its own">
      {(id) => (
        <>
          <input
            id={id}
            className="field"
            list={`${id}-list`}
            placeholder="every service"
            value={condition.service ?? ''}
            onChange={(event) => {
              const { service: _, ...rest } = condition;
              onChange(
                event.target.value === '' ? (rest as AlertCondition) : { ...condition, service: event.target.value },
              );
            }}
          />
          <datalist id={`${id}-list`}>
            {data?.services.map(({ service }) => (
              <option key={service} value={service} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

export function ConditionFields({ condition, onChange }: ConditionProps): ReactNode {
  switch (condition.kind) {
    case 'error_count':
      return (
        <>
          <NumberField
            label="At least this many events"
            min={1}
            value={condition.threshold}
            onChange={(threshold) => onChange({ ...condition, threshold })}
          />
          <Field
            label="Only this error"
            value={condition.groupId}
            hint="The id of an error; empty: each error on its own"
          >
            {(id) => (
              <input
                id={id}
                className="field font-mono"
                pattern="[0-9a-f]{16}"
                placeholder="every error"
                value={condition.groupId ?? ''}
                onChange={(event) => {
                  const { groupId: _, ...rest } = condition;
                  onChange(event.target.value === '' ? rest : { ...condition, groupId: event.target.value });
                }}
              />
            )}
          </Field>
        </>
      );
    case 'log_count':
      return (
        <>
          <Field label="Query" value={condition.query} hint="As in the log explorer" className="sm:col-span-2">
            {(id) => (
              <input
                id={id}
                className="field font-mono"
                spellCheck={false}
                value={condition.query}
                onChange={(event) => onChange({ ...condition, query: event.target.value })}
              />
            )}
          </Field>
          <NumberField
            label="At least this many records"
            min={1}
            value={condition.threshold}
            onChange={(threshold) => onChange({ ...condition, threshold })}
          />
        </>
      );
    case 'span_error_rate':
      return (
        <>
          <PercentField
            label="At least this share fails"
            min={0}
            max={100}
            share={condition.threshold}
            onChange={(threshold) => onChange({ ...condition, threshold })}
          />
          <MinCountField value={condition.minCount} onChange={(minCount) => onChange({ ...condition, minCount })} />
        </>
      );
    case 'span_latency':
      return (
        <>
          <PercentField
            label="Percentile"
            min={0.1}
            max={99.999}
            share={condition.quantile}
            onChange={(quantile) => onChange({ ...condition, quantile })}
          />
          <NumberField
            label="At least"
            min={1}
            step="any"
            suffix="ms"
            value={condition.thresholdMs}
            onChange={(thresholdMs) => onChange({ ...condition, thresholdMs })}
          />
          <MinCountField value={condition.minCount} onChange={(minCount) => onChange({ ...condition, minCount })} />
        </>
      );
  }
}

function MinCountField(props: { value: number; onChange: (value: number) => void }) {
  return <NumberField label="From this many requests" min={1} {...props} />;
}
