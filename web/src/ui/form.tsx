/** Labelled form controls. */
import { Switch as BaseSwitch } from '@base-ui/react/switch';
import { type ReactNode, useId } from 'react';
import { cx } from './class.ts';
import { HiddenNote } from './hidden-note.tsx';

export function Field({
  label,
  hint,
  value = '',
  children,
  className,
}: {
  label: string;
  hint?: ReactNode;
  /** Of a text field: hidden characters in it are told below. */
  value?: string | null | undefined;
  children: (id: string) => ReactNode;
  className?: string;
}) {
  const id = useId();
  return (
    <div className={cx('flex min-w-0 flex-col gap-1', className)}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children(id)}
      <HiddenNote text={value ?? ''} />
      {hint && <p className="text-xs text-faint">{hint}</p>}
    </div>
  );
}

export interface NumberInputProps {
  id?: string;
  value: number;
  onChange: (value: number) => void;
  min: number;
  max?: number;
  step?: number | 'any';
  suffix?: string;
  label?: string;
}

export function NumberInput(props: NumberInputProps) {
  const { value, onChange, suffix, label, ...rest } = props;
  return (
    <span className="relative flex">
      <input
        {...rest}
        type="number"
        required
        aria-label={label}
        className={cx('field num w-full', suffix && 'pr-14!')}
        value={Number.isNaN(value) ? '' : value}
        onChange={(event) => onChange(event.target.valueAsNumber)}
      />
      {suffix && (
        <span className="pointer-events-none absolute inset-y-0 right-7 flex items-center text-xs text-faint">
          {suffix}
        </span>
      )}
    </span>
  );
}

export function NumberField({
  label,
  hint,
  ...input
}: { label: string; hint?: ReactNode } & Omit<NumberInputProps, 'id' | 'label'>) {
  return (
    <Field label={label} hint={hint}>
      {(id) => <NumberInput id={id} {...input} />}
    </Field>
  );
}

/** Of a share from 0 to 1, which the reader sees as a percentage. */
export function PercentField({
  share,
  onChange,
  ...field
}: { label: string; share: number; onChange: (share: number) => void } & Pick<NumberInputProps, 'min' | 'max'>) {
  return (
    <NumberField
      {...field}
      step="any"
      suffix="%"
      // The figures a multiplication of doubles adds.
      value={Number((share * 100).toFixed(6))}
      onChange={(percent) => onChange(percent / 100)}
    />
  );
}

export function Switch({
  checked,
  onChange,
  label,
  disabled,
}: {
  checked: boolean;
  onChange: (checked: boolean) => void;
  label: string;
  disabled?: boolean;
}) {
  return (
    <BaseSwitch.Root
      checked={checked}
      onCheckedChange={onChange}
      disabled={disabled ?? false}
      aria-label={label}
      className="inline-flex h-[18px] w-8 shrink-0 cursor-pointer items-center rounded-full bg-line-strong p-[2px] transition-colors duration-(--quick) data-checked:bg-accent-fill data-disabled:opacity-50"
    >
      <BaseSwitch.Thumb className="size-[14px] rounded-full bg-white shadow transition-transform duration-(--quick) data-checked:translate-x-[14px]" />
    </BaseSwitch.Root>
  );
}
