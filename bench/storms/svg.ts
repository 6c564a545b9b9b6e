import { type Outage, STALL, type Step } from './scenarios.ts';

const WIDTH = 720;
const PANEL = 170;
const LEFT = 60;
const RIGHT = 20;

interface Line {
  readonly label: string;
  readonly colour: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Two panels: the metastable outage, and latency after a step change of capacity. Fixed colours that read on white and on dark. */
export function toSvg(
  outages: { readonly naive: Outage; readonly policy: Outage },
  steps: { readonly fixed: Step; readonly adaptive: Step },
): string {
  const goodput = (outage: Outage): [number, number][] =>
    outage.goodput.map((share, index) => [(index * outage.bucketMs) / 1000, share * 100]);
  const latency = (step: Step): [number, number][] => step.seconds.map(({ latencyMs }, second) => [second, latencyMs]);
  const first = panel(0, 'A stall of 10 s at 80 % load: calls answered, in per cent', STALL.endMs / 1000, 100, [
    { label: 'three naive attempts', colour: '#d1495b', points: goodput(outages.naive) },
    { label: 'retry + bulkhead + breaker + timeout', colour: '#2e86ab', points: goodput(outages.policy) },
  ]);
  const top = Math.ceil(Math.max(...steps.fixed.seconds.map(({ latencyMs }) => latencyMs)) / 50) * 50;
  const second = panel(1, 'Three quarters of the capacity gone from second 10 to 20: p95 latency, in ms', 30, top, [
    { label: 'fixed limit of 100', colour: '#d1495b', points: latency(steps.fixed) },
    { label: 'adaptive concurrency', colour: '#2e86ab', points: latency(steps.adaptive) },
  ]);
  const height = 2 * (PANEL + 80);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" role="img" aria-label="Two storms, without and with the policies">
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
${first}
${second}
</svg>
`;
}

function panel(place: number, title: string, right: number, top: number, lines: readonly Line[]): string {
  const y0 = place * (PANEL + 80) + 40;
  const x = (value: number): string => (LEFT + (value / right) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (value: number): string => (y0 + PANEL - (value / top) * PANEL).toFixed(1);
  const grid = [0, 0.5, 1].map((share) => {
    const value = top * share;
    return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}" stroke="#dddddd"/><text x="${LEFT - 8}" y="${y(value)}" dy="4" text-anchor="end" fill="#444444">${value}</text>`;
  });
  const ticks = [0, 1, 2, 3, 4, 5, 6].map((part) => {
    const value = (right / 6) * part;
    return `<text x="${x(value)}" y="${y0 + PANEL + 16}" text-anchor="middle" fill="#444444">${value} s</text>`;
  });
  const drawn = lines.map(({ label, colour, points }, index) => {
    const path = points.map(([px, py]) => `${x(px)},${y(Math.min(py, top))}`).join(' ');
    const legendX = LEFT + index * 220;
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/><rect x="${legendX}" y="${y0 - 16}" width="12" height="3" fill="${colour}"/><text x="${legendX + 18}" y="${y0 - 10}" fill="#222222">${label}</text>`;
  });
  return `<text x="${LEFT}" y="${y0 - 24}" font-weight="bold" fill="#222222">${title}</text>\n${[...grid, ...ticks, ...drawn].join('\n')}`;
}
