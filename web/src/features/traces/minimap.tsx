/** The whole trace on a canvas; dragging over it chooses the part that the waterfall shows. */
import { type PointerEvent, useEffect, useRef, useState } from 'react';
import { usePreferences } from '../../app/preferences.ts';
import { resolveColor, serviceColor } from '../../ui/color.ts';
import type { TraceModel, View } from './trace-model.ts';

const HEIGHT = 44;
const MIN_DRAG_PX = 3;

export function Minimap({ model, view, onView }: { model: TraceModel; view: View; onView: (view: View) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const { theme } = usePreferences();

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const paint = () => draw(element, model);
    const observer = new ResizeObserver(paint);
    observer.observe(element);
    return () => observer.disconnect();
  }, [model, theme]);

  const shareAt = (event: PointerEvent) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - left) / width));
  };
  const onPointerUp = (event: PointerEvent) => {
    if (!drag) return;
    const { width } = event.currentTarget.getBoundingClientRect();
    const from = Math.min(drag.from, drag.to);
    const to = Math.max(drag.from, drag.to);
    setDrag(null);
    if ((to - from) * width < MIN_DRAG_PX) onView({ fromNs: 0, toNs: model.durationNs });
    else onView({ fromNs: from * model.durationNs, toNs: to * model.durationNs });
  };
  const shown = drag
    ? { from: Math.min(drag.from, drag.to), to: Math.max(drag.from, drag.to) }
    : { from: view.fromNs / model.durationNs, to: view.toNs / model.durationNs };
  return (
    <div
      className="relative cursor-crosshair touch-none border-b border-line bg-sunken"
      title="Drag to zoom in, click to see all"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        const share = shareAt(event);
        setDrag({ from: share, to: share });
      }}
      onPointerMove={(event) => drag && setDrag({ ...drag, to: shareAt(event) })}
      onPointerUp={onPointerUp}
      onPointerCancel={() => setDrag(null)}
    >
      <canvas
        ref={canvas}
        className="block w-full"
        style={{ height: HEIGHT }}
        role="img"
        aria-label={`Overview of ${model.nodes.length} spans`}
      />
      <span
        className="pointer-events-none absolute inset-y-0 left-0 bg-active"
        style={{ width: `${shown.from * 100}%` }}
      />
      <span
        className="pointer-events-none absolute inset-y-0 right-0 bg-active"
        style={{ width: `${(1 - shown.to) * 100}%` }}
      />
      {(shown.from > 0 || shown.to < 1) && (
        <span
          className="pointer-events-none absolute inset-y-0 border-x border-accent"
          style={{ left: `${shown.from * 100}%`, width: `${(shown.to - shown.from) * 100}%` }}
        />
      )}
    </div>
  );
}

function draw(canvas: HTMLCanvasElement, { nodes, durationNs }: TraceModel) {
  const ratio = devicePixelRatio;
  const width = canvas.clientWidth;
  canvas.width = width * ratio;
  canvas.height = HEIGHT * ratio;
  const context = canvas.getContext('2d');
  if (!context || width === 0) return;
  context.scale(ratio, ratio);
  const row = Math.min(4, (HEIGHT - 6) / Math.max(1, nodes.length));
  const colors = new Map<string, string>();
  const within = canvas.parentElement ?? document.body;
  const colorOf = (value: string) => {
    const known = colors.get(value);
    if (known) return known;
    const color = resolveColor(value, within);
    colors.set(value, color);
    return color;
  };
  for (const [index, { span, startNs, durationNs: length }] of nodes.entries()) {
    context.fillStyle = colorOf(span.status === 'error' ? 'var(--sev-error)' : serviceColor(span.service));
    context.fillRect(
      (startNs / durationNs) * width,
      3 + index * row,
      Math.max(1, (length / durationNs) * width),
      Math.max(0.7, row - 1),
    );
  }
}
