/** The one time picker: presets, typed durations, absolute ranges, time zone, refresh. */
import { CalendarClock, ChevronDown, RotateCw, ZoomOut } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { refresh, useZone } from '../time/clock.ts';
import {
  formatClock,
  formatDateTime,
  formatInput,
  offsetOf,
  parseDateTime,
  type Zone,
  zoneName,
} from '../time/format.ts';
import {
  absoluteRange,
  describeDuration,
  PRESETS,
  parseDuration,
  printRange,
  type TimeRange,
  toWindow,
  zoomOut,
} from '../time/range.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { cx } from '../ui/class.ts';
import { Popover } from '../ui/overlay.tsx';
import { REFRESH_CHOICES_MS, setPreferences, usePreferences } from './preferences.ts';
import { useShortcuts } from './shortcuts.ts';
import { useRange } from './use-range.ts';

export function TimePicker() {
  const { range, setRange } = useRange();
  const [open, setOpen] = useState(false);
  const zone = useZone();
  const widen = () => setRange(zoomOut(range, Date.now()));
  useShortcuts('Time range', [
    { keys: 'd', label: 'Pick a time range', run: () => setOpen(true) },
    { keys: 'mod+z', label: 'Zoom out', run: widen },
    { keys: 'r', label: 'Refresh', run: refresh },
  ]);
  const choose = (next: TimeRange) => {
    setRange(next);
    if (next.kind === 'relative') refresh();
    setOpen(false);
  };
  return (
    <div className="flex items-center gap-1">
      <Popover
        label="Time range"
        align="end"
        open={open}
        onOpenChange={setOpen}
        trigger={
          <Button icon={CalendarClock} title="Time range (d)">
            <span className="num">
              {describeRange(range, zone)}
              {range.kind === 'absolute' && (
                <span className="font-normal text-muted max-sm:hidden"> {zoneName(range.toMs, zone)}</span>
              )}
            </span>
            <ChevronDown size={13} aria-hidden="true" className="text-faint" />
          </Button>
        }
      >
        <Picker range={range} onChoose={choose} />
      </Popover>
      <IconButton label="Zoom out" icon={ZoomOut} onClick={widen} className="max-sm:hidden" />
      <IconButton label="Refresh" icon={RotateCw} onClick={refresh} />
    </div>
  );
}

export function describeRange(range: TimeRange, zone: Zone): string {
  if (range.kind === 'relative') return describeDuration(range.durationMs);
  const { fromMs, toMs } = range;
  const precision = toMs - fromMs < 60_000 ? 'milli' : 'second';
  const from = formatDateTime(fromMs, zone, precision);
  const to = formatDateTime(toMs, zone, precision);
  const sameDay = from.slice(0, 6) === to.slice(0, 6);
  return `${from} – ${sameDay ? formatClock(toMs, zone, precision) : to}`;
}

function Picker({ range, onChoose }: { range: TimeRange; onChoose: (range: TimeRange) => void }) {
  const { zone, refreshMs } = usePreferences();
  const current = printRange(range);
  return (
    <div className="flex max-sm:flex-col">
      <div className="grid content-start gap-px p-2 max-sm:grid-cols-3 sm:w-40">
        {PRESETS.map((preset) => {
          const durationMs = parseDuration(preset) ?? 0;
          return (
            <button
              key={preset}
              type="button"
              onClick={() => onChoose({ kind: 'relative', durationMs })}
              aria-pressed={preset === current}
              className={cx(
                'rounded-sm px-2 py-[3px] text-left text-sm',
                preset === current ? 'bg-accent-soft font-medium text-accent' : 'hover:bg-hover',
              )}
            >
              {describeDuration(durationMs)}
            </button>
          );
        })}
      </div>
      <div className="flex flex-col gap-4 border-line p-3 max-sm:border-t sm:w-72 sm:border-l">
        <TypedDuration onChoose={onChoose} />
        <AbsoluteForm key={current + zone} range={range} zone={zone} onChoose={onChoose} />
        <div className="flex flex-col gap-2 border-t border-line pt-3 text-sm">
          <Row label="Time zone">
            {(['local', 'utc'] as const).map((choice) => (
              <Choice key={choice} chosen={zone === choice} onChoose={() => setPreferences({ zone: choice })}>
                {choice === 'utc' ? 'UTC' : `Local (${offsetOf(Date.now())})`}
              </Choice>
            ))}
          </Row>
          <Row label="Refresh">
            {REFRESH_CHOICES_MS.map((choice) => (
              <Choice key={choice} chosen={refreshMs === choice} onChoose={() => setPreferences({ refreshMs: choice })}>
                {choice === 0 ? 'Off' : `${choice / 1_000}s`}
              </Choice>
            ))}
          </Row>
        </div>
      </div>
    </div>
  );
}

function Row({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className="flex flex-col gap-1">
      <span className="text-xs text-faint">{label}</span>
      <div className="flex flex-wrap gap-1">{children}</div>
    </div>
  );
}

function Choice({ chosen, onChoose, children }: { chosen: boolean; onChoose: () => void; children: React.ReactNode }) {
  return (
    <button
      type="button"
      aria-pressed={chosen}
      onClick={onChoose}
      className={cx(
        'num rounded-sm px-1.5 py-0.5 text-xs',
        chosen ? 'bg-accent-soft font-medium text-accent' : 'text-muted hover:bg-hover',
      )}
    >
      {children}
    </button>
  );
}

function TypedDuration({ onChoose }: { onChoose: (range: TimeRange) => void }) {
  const [text, setText] = useState('');
  const durationMs = parseDuration(text);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (durationMs !== undefined) onChoose({ kind: 'relative', durationMs });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-1">
      <label htmlFor="typed-duration" className="text-xs text-faint">
        Last … (90s, 45m, 1h30m, 10d)
      </label>
      <div className="flex gap-2">
        <input
          id="typed-duration"
          className="field min-w-0 flex-1 font-mono"
          value={text}
          onChange={(event) => setText(event.target.value)}
          placeholder="45m"
          aria-invalid={text !== '' && durationMs === undefined}
        />
        <Button type="submit" disabled={durationMs === undefined}>
          Set
        </Button>
      </div>
    </form>
  );
}

function AbsoluteForm({
  range,
  zone,
  onChoose,
}: {
  range: TimeRange;
  zone: Zone;
  onChoose: (range: TimeRange) => void;
}) {
  const start = toWindow(range, Date.now());
  const [from, setFrom] = useState(() => formatInput(start.fromMs, zone));
  const [to, setTo] = useState(() => formatInput(start.toMs, zone));
  const fromMs = parseDateTime(from, zone);
  const toMs = parseDateTime(to, zone);
  const valid = fromMs !== undefined && toMs !== undefined && fromMs < toMs;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (valid) onChoose(absoluteRange(fromMs, toMs));
  };
  return (
    <form onSubmit={submit} className="grid grid-cols-[3rem_1fr] items-center gap-x-2 gap-y-1.5">
      <label htmlFor="range-from" className="text-xs text-faint">
        From
      </label>
      <input
        id="range-from"
        className="field num font-mono"
        value={from}
        onChange={(event) => setFrom(event.target.value)}
        aria-invalid={fromMs === undefined}
      />
      <label htmlFor="range-to" className="text-xs text-faint">
        To
      </label>
      <input
        id="range-to"
        className="field num font-mono"
        value={to}
        onChange={(event) => setTo(event.target.value)}
        aria-invalid={toMs === undefined || (fromMs !== undefined && fromMs >= toMs)}
      />
      {!valid && (
        <p role="alert" className="col-start-2 text-xs text-red">
          {fromMs === undefined || toMs === undefined
            ? 'Write a time as 2026-11-25 14:03:09.'
            : 'The end must be after the start.'}
        </p>
      )}
      <Button type="submit" disabled={!valid} className="col-start-2 justify-self-end">
        Set range
      </Button>
    </form>
  );
}
