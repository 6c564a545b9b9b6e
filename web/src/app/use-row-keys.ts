import { useRef } from 'react';
import { useShortcuts } from './shortcuts.ts';

/** `j` and `k` move the focus over the links marked `data-row` inside the element that takes the ref. */
export function useRowKeys(title: string) {
  const list = useRef<HTMLDivElement>(null);
  const move = (step: number) => {
    const links = [...(list.current?.querySelectorAll<HTMLElement>('a[data-row]') ?? [])];
    const at = links.indexOf(document.activeElement as HTMLElement);
    links[Math.max(0, Math.min(at + step, links.length - 1))]?.focus();
  };
  useShortcuts(title, [
    { keys: 'j', label: 'Next row', run: () => move(1) },
    { keys: 'k', label: 'Previous row', run: () => move(-1) },
  ]);
  return list;
}
