/** Counts over time as stacked bars. Drag to zoom, double-click to zoom out. */
import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import { usePreferences } from '../app/preferences.ts';
import { formatClock, formatCompact, formatCount, formatDateTime, type Zone } from '../time/format.ts';
import type { TimeWindow } from '../time/range.ts';
import { resolveColor } from './color.ts';
import { stack } from './stack.ts';

export interface ChartSeries {
  name: string;
  /** A CSS colour, tokens allowed. */
  color: string;
  counts: readonly number[];
}

export interface HistogramChartProps {
  label: string;
  /** Start of each bucket, epoch milliseconds. */
  times: readonly number[];
  stepMs: number;
  /** From the bottom up. */
  series: readonly ChartSeries[];
  window: TimeWindow;
  height: number;
  onZoom?: ((fromMs: number, toMs: number) => void) | undefined;
  onZoomOut?: (() => void) | undefined;
}

interface Hover {
  index: number;
  left: number;
}

const DRAG_PX = 4;

export function HistogramChart(props: HistogramChartProps) {
  const { times, stepMs, series, height, label } = props;
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const [hover, setHover] = useState<Hover | null>(null);
  const { zone, theme } = usePreferences();
  const systemDark = useSystemDark();
  const latest = useRef(props);
  latest.current = props;

  const names = series.map(({ name }) => name).join('\n');
  const data = useMemo(
    () => [times.map((time) => time / 1_000), ...stack(series.map(({ counts }) => counts))] as uPlot.AlignedData,
    [times, series],
  );
  const latestData = useRef(data);
  latestData.current = data;

  // biome-ignore lint/correctness/useExhaustiveDependencies: names and themes change what is drawn through `latest` and CSS
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const width = element.clientWidth;
    const plot = new uPlot(optionsFor(element, width, latest, zone, setHover), latestData.current, element);
    chart.current = plot;
    const observer = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: latest.current.height }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
      chart.current = null;
    };
  }, [names, zone, theme, systemDark, height]);

  useEffect(() => {
    chart.current?.setData(data);
  }, [data]);

  const total = series.reduce((sum, { counts }) => sum + counts.reduce((a, b) => a + b, 0), 0);
  const summary = series
    .map(({ name, counts }) => `${name} ${formatCount(counts.reduce((a, b) => a + b, 0))}`)
    .join(', ');
  return (
    <div className="relative min-w-0" role="img" aria-label={`${label}: ${formatCount(total)} in all. ${summary}`}>
      <div ref={box} style={{ height }} />
      {hover && times[hover.index] !== undefined && (
        <Tooltip
          hover={hover}
          times={times}
          stepMs={stepMs}
          series={series}
          zone={zone}
          width={box.current?.clientWidth ?? 0}
        />
      )}
    </div>
  );
}

function Tooltip({
  hover,
  times,
  stepMs,
  series,
  zone,
  width,
}: { hover: Hover; zone: Zone; width: number } & Pick<HistogramChartProps, 'times' | 'stepMs' | 'series'>) {
  const time = times[hover.index] ?? 0;
  const rows = series
    .map(({ name, color, counts }) => ({ name, color, count: counts[hover.index] ?? 0 }))
    .filter(({ count }) => count > 0);
  const precision = stepMs < 1_000 ? 'milli' : 'second';
  const onRight = hover.left < width / 2;
  return (
    <div
      className="popup pointer-events-none absolute top-0 z-20 min-w-36 px-2.5 py-1.5 text-xs"
      style={onRight ? { left: hover.left + 14 } : { right: width - hover.left + 14 }}
    >
      <div className="num mb-0.5 whitespace-nowrap text-muted">
        {formatDateTime(time, zone, precision)} – {formatClock(time + stepMs, zone, precision)}
      </div>
      {rows.toReversed().map(({ name, color, count }) => (
        <div key={name} className="flex items-center gap-1.5">
          <span className="size-2 rounded-[2px]" style={{ background: color }} />
          <span className="flex-1">{name}</span>
          <span className="num font-medium">{formatCount(count)}</span>
        </div>
      ))}
      {rows.length === 0 && <div className="text-faint">None</div>}
    </div>
  );
}

function optionsFor(
  element: HTMLElement,
  width: number,
  latest: { readonly current: HistogramChartProps },
  zone: Zone,
  setHover: (hover: Hover | null) => void,
): uPlot.Options {
  const color = (value: string) => resolveColor(value, element);
  const axis = {
    stroke: color('var(--faint)'),
    grid: { stroke: color('var(--line)'), width: 1 },
    ticks: { show: false },
    font: '10.5px "Inter Variable", sans-serif',
  };
  // Drawn from the full stack down to the lowest series, each over the one before.
  const drawn = latest.current.series.toReversed();
  return {
    width,
    height: latest.current.height,
    padding: [6, 14, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false, dist: DRAG_PX },
      bind: {
        dblclick: () => () => {
          latest.current.onZoomOut?.();
          return null;
        },
      },
    },
    scales: {
      x: { time: true, range: () => xRange(latest.current) },
      y: { range: (_plot, _low, high) => [0, Math.max(1, high) * 1.04] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 22,
        gap: 4,
        space: 90,
        values: (_plot, splits, _axis, _space, step) => splits.map((second) => tickText(second * 1_000, step, zone)),
      },
      {
        ...axis,
        size: 42,
        gap: 4,
        space: 26,
        incrs: [
          1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 1e8, 1e9,
        ],
        values: (_plot, splits) => splits.map((value) => formatCompact(value)),
      },
    ],
    series: [
      {},
      ...drawn.map(
        ({ name, color: value }): uPlot.Series => ({
          label: name,
          fill: color(value),
          width: 0,
          paths: uPlot.paths.bars!({ size: [0.86, 60], align: 1 }),
          points: { show: false },
        }),
      ),
    ],
    ...(zone === 'utc' && { tzDate: (second: number) => uPlot.tzDate(new Date(second * 1_000), 'Etc/UTC') }),
    hooks: {
      setCursor: [
        (plot) => {
          const { idx, left = -1 } = plot.cursor;
          const over = plot.over.offsetLeft;
          setHover(idx == null || left < 0 ? null : { index: bucketAt(plot, left, latest.current), left: left + over });
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width: selected } = plot.select;
          if (selected >= DRAG_PX)
            latest.current.onZoom?.(plot.posToVal(left, 'x') * 1_000, plot.posToVal(left + selected, 'x') * 1_000);
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** The window, from the start of its first bucket: buckets begin at round times. */
function xRange({ window, times }: HistogramChartProps): [number, number] {
  return [Math.min(window.fromMs, times[0] ?? window.fromMs) / 1_000, window.toMs / 1_000];
}

/** The bucket under the pointer: bars begin at their time, while uPlot answers the nearest time. */
function bucketAt(plot: uPlot, left: number, { times, stepMs }: HistogramChartProps): number {
  const first = times[0] ?? 0;
  return Math.floor((plot.posToVal(left, 'x') * 1_000 - first) / stepMs);
}

function tickText(ms: number, stepSeconds: number, zone: Zone): string {
  if (stepSeconds >= 86_400) return formatDateTime(ms, zone, 'minute').split(' ').slice(0, 2).join(' ');
  const clock = formatClock(ms, zone, stepSeconds < 1 ? 'milli' : stepSeconds < 60 ? 'second' : 'minute');
  return clock === '00:00' ? formatDateTime(ms, zone, 'minute').split(' ').slice(0, 2).join(' ') : clock;
}

function useSystemDark(): boolean {
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const onChange = () => setDark(query.matches);
    query.addEventListener('change', onChange);
    return () => query.removeEventListener('change', onChange);
  }, []);
  return dark;
}
