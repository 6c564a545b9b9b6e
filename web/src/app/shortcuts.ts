/**
 * Keyboard shortcuts of the screen that is shown. Keys are written `j`, `?`, `Enter`, `mod+k` (Ctrl, or Cmd on a Mac) or
 * `g l` (one after the other). They rest while the person types and while a dialog or menu has the focus.
 */
import { useEffect, useRef } from 'react';
import { createStore, useStore } from './store.ts';

export interface Shortcut {
  keys: string;
  label: string;
  run: () => void;
  /** Also while the person types in a field. */
  whileTyping?: boolean;
}

export interface ShortcutGroup {
  title: string;
  shortcuts: readonly Shortcut[];
}

const groups = createStore<readonly { current: ShortcutGroup }[]>([]);
const SEQUENCE_MS = 900;

/** Adds shortcuts while the component is mounted; of equal keys the component mounted last wins. */
export function useShortcuts(title: string, shortcuts: readonly Shortcut[], enabled = true): void {
  const held = useRef<ShortcutGroup>({ title, shortcuts });
  held.current = { title, shortcuts };
  useEffect(() => {
    if (!enabled) return;
    groups.set([...groups.get(), held]);
    return () => groups.set(groups.get().filter((entry) => entry !== held));
  }, [enabled]);
}

export function useShortcutGroups(): ShortcutGroup[] {
  return useStore(groups).map((held) => held.current);
}

/** Listens for keys until the returned function is called. Used once, by the shell. */
export function listenForShortcuts(target: Window, isMac: boolean): () => void {
  let first: { key: string; at: number } | undefined;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    const element = event.target instanceof Element ? event.target : undefined;
    if (element?.closest('[role=dialog], [role=menu], [role=alertdialog]')) return;
    const typing = element?.closest('input:not([type=checkbox]), textarea, select, [contenteditable]') != null;
    // Enter and space on a focused control belong to the control.
    if ((event.key === 'Enter' || event.key === ' ') && element?.closest('a, button, summary')) return;

    const mod = isMac ? event.metaKey : event.ctrlKey;
    const pressed = mod ? `mod+${event.key.toLowerCase()}` : event.key;
    const sequence = first && event.timeStamp - first.at < SEQUENCE_MS ? `${first.key} ${pressed}` : undefined;
    first = !mod && !typing && pressed.length === 1 ? { key: pressed, at: event.timeStamp } : undefined;

    const match = (sequence && find(sequence)) || find(pressed);
    if (!match || (typing && !match.whileTyping)) return;
    first = undefined;
    event.preventDefault();
    match.run();
  };
  target.addEventListener('keydown', onKeyDown);
  return () => target.removeEventListener('keydown', onKeyDown);
}

function find(keys: string): Shortcut | undefined {
  const all = groups.get();
  for (let i = all.length - 1; i >= 0; i -= 1) {
    const match = all[i]?.current.shortcuts.find((shortcut) => shortcut.keys === keys);
    if (match) return match;
  }
  return undefined;
}

export const IS_MAC: boolean = /mac|iphone|ipad/i.test(navigator.userAgent);

/** The keys as they are printed on the keyboard. */
export function printKeys(keys: string): string[] {
  return keys.split(' ').flatMap((part) => part.split('+').map((key) => PRINTED[key] ?? key));
}
const PRINTED: Record<string, string> = {
  mod: IS_MAC ? '⌘' : 'Ctrl',
  k: 'k',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
};
