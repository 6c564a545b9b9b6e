import { formatCount } from '../time/format.ts';

/** A bar per value, the tallest as high as the box. */
export function Sparkline({
  values,
  label,
  width = 96,
  height = 22,
  color = 'var(--sev-error)',
}: {
  values: readonly number[];
  label: string;
  width?: number;
  height?: number;
  color?: string;
}) {
  const top = Math.max(1, ...values);
  const step = width / Math.max(1, values.length);
  const total = values.reduce((sum, value) => sum + value, 0);
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`${label}: ${formatCount(total)} in ${values.length} steps, at most ${formatCount(Math.max(0, ...values))}`}
      className="shrink-0"
    >
      {values.map((value, index) => {
        const size = value === 0 ? 1 : Math.max(2, (value / top) * height);
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: the index is the time step
            key={index}
            x={index * step}
            y={height - size}
            width={Math.max(1, step - 1)}
            height={size}
            rx={0.75}
            fill={value === 0 ? 'var(--line-strong)' : color}
          />
        );
      })}
    </svg>
  );
}
