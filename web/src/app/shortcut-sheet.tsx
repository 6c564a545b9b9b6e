import { Dialog } from '../ui/overlay.tsx';
import { printKeys, type Shortcut, useShortcutGroups } from './shortcuts.ts';

export function Keys({ keys }: { keys: string }) {
  return (
    <span className="inline-flex gap-1">
      {printKeys(keys).map((key) => (
        <kbd
          key={key}
          className="inline-flex h-[18px] min-w-[18px] items-center justify-center rounded-sm border border-line-strong bg-sunken px-1 font-sans text-2xs text-muted"
        >
          {key}
        </kbd>
      ))}
    </span>
  );
}

export function ShortcutSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  const groups = useShortcutGroups();
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard shortcuts" width="34rem">
      <div className="flex flex-col gap-4 overflow-auto p-4">
        {groups.toReversed().map(({ title, shortcuts }) => (
          <section key={title}>
            <h3 className="mb-1 text-xs font-semibold text-muted">{title}</h3>
            <dl className="grid gap-x-8 sm:grid-cols-2">
              {byLabel(shortcuts).map(([label, keys]) => (
                <div key={label} className="flex items-center justify-between gap-3 border-b border-line py-1 text-sm">
                  <dt>{label}</dt>
                  <dd>
                    {keys.map((alternative, index) => (
                      <span key={alternative}>
                        {index > 0 && <span className="px-1 text-xs text-faint">or</span>}
                        <Keys keys={alternative} />
                      </span>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

/** Shortcuts that do the same stand on one line. */
function byLabel(shortcuts: readonly Shortcut[]): [label: string, keys: string[]][] {
  const lines = new Map<string, string[]>();
  for (const { label, keys } of shortcuts) lines.set(label, [...(lines.get(label) ?? []), keys]);
  return [...lines];
}
