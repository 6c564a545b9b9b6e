/** The histogram above a list, with the line of figures below it, in every state of its answer. */
import type { Histogram } from '@breakwater/server/api-types';
import type { ReactNode } from 'react';
import type { Shown } from '../api/last-good.ts';
import type { RangeState } from '../app/use-range.ts';
import { absoluteRange, zoomOut } from '../time/range.ts';
import { cx } from './class.ts';
import { HistogramChart } from './histogram-chart.tsx';
import { toSeries } from './histogram-series.ts';
import { ChartFault, SkeletonBox } from './states.tsx';

const CHART_PX = 104;

export interface HistogramPanelProps {
  label: string;
  histogram: Shown<Histogram>;
  range: RangeState;
  /** The query box shows the fault: what is seen here belongs to the query before it. */
  faulty: boolean;
  children: ReactNode;
}

export function HistogramPanel({ label, histogram, range, faulty, children }: HistogramPanelProps) {
  const { data, loading, error } = histogram;
  return (
    <div className={cx('border-b border-line px-2 pt-1', faulty && 'opacity-50')}>
      {loading ? (
        <SkeletonBox label="Loading the histogram" className="mx-2 my-2 h-[88px]" />
      ) : data ? (
        <HistogramChart
          label={label}
          times={data.times}
          stepMs={data.stepMs}
          series={toSeries(data)}
          window={range.window}
          height={CHART_PX}
          onZoom={(from, to) => range.setRange(absoluteRange(from, to))}
          onZoomOut={() => range.setRange(zoomOut(range.range, Date.now()))}
        />
      ) : (
        <div style={{ height: CHART_PX }} />
      )}
      <div className="flex flex-wrap gap-x-3 px-2 pb-1">
        <ChartFault error={faulty ? null : error} />
        {children}
      </div>
    </div>
  );
}
