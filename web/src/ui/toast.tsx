/** Short messages about the outcome of an action, read out by assistive technology. */
import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { createStore, useStore } from '../app/store.ts';
import { IconButton } from './button.tsx';
import { UserText } from './user-text.tsx';

interface Toast {
  id: number;
  tone: 'good' | 'bad';
  text: string;
}

const SHOWN_MS = { good: 4_000, bad: 9_000 };
const toasts = createStore<readonly Toast[]>([]);
let lastId = 0;

export function toast(tone: Toast['tone'], text: string): void {
  lastId += 1;
  const id = lastId;
  toasts.set([...toasts.get().slice(-3), { id, tone, text }]);
  setTimeout(() => dismiss(id), SHOWN_MS[tone]);
}

/** For `onError` of a mutation: says what failed and why. */
export function toastError(what: string): (error: Error) => void {
  return (error) => toast('bad', `${what}: ${error.message}`);
}

function dismiss(id: number) {
  toasts.set(toasts.get().filter((entry) => entry.id !== id));
}

export function Toasts() {
  const list = useStore(toasts);
  return (
    <div
      aria-live="polite"
      className="pointer-events-none fixed right-3 bottom-3 z-60 flex w-[min(22rem,calc(100vw-1.5rem))] flex-col gap-2 max-md:bottom-16"
    >
      {list.map(({ id, tone, text }) => (
        <div key={id} className="popup pointer-events-auto flex items-start gap-2 py-2 pr-1.5 pl-3 text-sm">
          {tone === 'good' ? (
            <CircleCheck size={15} aria-hidden="true" className="mt-0.5 shrink-0 text-green" />
          ) : (
            <CircleAlert size={15} aria-hidden="true" className="mt-0.5 shrink-0 text-red" />
          )}
          <span className="min-w-0 flex-1 wrap-anywhere">
            <UserText>{text}</UserText>
          </span>
          <IconButton size="sm" label="Dismiss" icon={X} onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
