/** A stack trace: frames of the application open, library frames folded, the raw text one click away. */
import type { ErrorEventView, StackFrame } from '@breakwater/server/api-types';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { cx } from '../../ui/class.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { UserText } from '../../ui/user-text.tsx';
import { foldFrames } from './fold-frames.ts';

export interface StackTraceProps {
  frames: readonly StackFrame[];
  raw: string;
  /** The exceptions it was caused by, nearest first. */
  causes: NonNullable<ErrorEventView['causes']>;
}

export function StackTrace({ frames, raw, causes }: StackTraceProps) {
  const [showRaw, setShowRaw] = useState(frames.length === 0);
  if (frames.length === 0 && raw === '')
    return <p className="p-4 text-sm text-faint">This event has no stack trace.</p>;
  return (
    <div>
      <div className="flex items-center justify-end gap-1 border-b border-line px-2 py-1">
        {frames.length > 0 && (
          <Button tone="quiet" onClick={() => setShowRaw(!showRaw)}>
            {showRaw ? 'Frames' : 'Raw text'}
          </Button>
        )}
        <CopyButton text={raw} label="Copy the stack" size="md" />
      </div>
      {showRaw ? (
        <pre className="overflow-x-auto p-4 font-mono text-xs leading-[18px] text-muted">
          <UserText>{raw}</UserText>
        </pre>
      ) : (
        <>
          <Frames frames={frames} />
          {causes.map(({ type, message, frames: below }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: causes are told apart by their place
            <section key={index}>
              <h3 className="border-y border-line bg-sunken px-4 py-1.5 font-mono text-xs wrap-anywhere text-red">
                <span className="font-sans text-muted">Caused by</span>{' '}
                <UserText>{[type, message].filter(Boolean).join(': ')}</UserText>
              </h3>
              <Frames frames={below} />
            </section>
          ))}
        </>
      )}
    </div>
  );
}

function Frames({ frames }: { frames: readonly StackFrame[] }) {
  return (
    <ol>
      {foldFrames(frames).map((part) =>
        part.kind === 'frame' ? (
          <Frame key={part.index} frame={part.frame} />
        ) : (
          <LibraryFrames key={part.index} frames={part.frames} />
        ),
      )}
    </ol>
  );
}

function Frame({ frame, dim = false }: { frame: StackFrame; dim?: boolean }) {
  const place = [frame.file, frame.line, frame.column].filter((part) => part !== null && part !== '').join(':');
  return (
    <li
      className={cx(
        'flex flex-wrap items-baseline gap-x-3 border-b border-line px-4 py-1.5 font-mono text-xs last:border-b-0',
        dim ? 'text-faint' : 'border-l-2 border-l-accent',
      )}
    >
      <span className={dim ? '' : 'font-semibold'}>
        <UserText>{frame.function || '(anonymous)'}</UserText>
      </span>
      <span className={cx('break-all', dim ? '' : 'text-muted')}>
        <UserText>{place}</UserText>
      </span>
    </li>
  );
}

function LibraryFrames({ frames }: { frames: readonly StackFrame[] }) {
  const [open, setOpen] = useState(false);
  const Chevron = open ? ChevronDown : ChevronRight;
  return (
    <>
      <li className="border-b border-line last:border-0">
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="flex w-full items-center gap-1.5 px-3 py-1.5 text-left text-xs text-faint hover:bg-hover"
        >
          <Chevron size={13} aria-hidden="true" />
          {frames.length} library {frames.length === 1 ? 'frame' : 'frames'}
        </button>
      </li>
      {/* biome-ignore lint/suspicious/noArrayIndexKey: a frame may occur many times in a stack */}
      {open && frames.map((frame, index) => <Frame key={index} frame={frame} dim />)}
    </>
  );
}
