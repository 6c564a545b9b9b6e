import type { Histogram, SeverityName } from '@breakwater/server/api-types';
import type { ChartSeries } from './histogram-chart.tsx';

/** From the bottom of a stack up: the calm ones first, so that failures stand on top where they are seen. */
const ORDER: readonly (SeverityName | 'ok')[] = [
  'ok',
  'unspecified',
  'trace',
  'debug',
  'info',
  'warn',
  'error',
  'fatal',
];

export function toSeries(histogram: Histogram): ChartSeries[] {
  const rank = (name: string) => ORDER.indexOf(name as SeverityName);
  return histogram.series
    .toSorted((a, b) => rank(a.name) - rank(b.name))
    .map(({ name, counts }) => ({
      name,
      counts,
      color: name === 'ok' ? 'var(--sev-info)' : `var(--sev-${rank(name) < 0 ? 'unspecified' : name})`,
    }));
}
