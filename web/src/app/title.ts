/** The name of the browser's tab: somebody on call has many of them open. */
import { useEffect } from 'react';
import { visibleText } from '../text/hidden-characters.ts';
import { createStore, useStore } from './store.ts';

const NAME = 'Breakwater';
const MAX_LENGTH = 80;
/** What the screens that are shown call themselves, the innermost last. */
const titles = createStore<readonly { readonly text: string }[]>([]);

/** Names the tab while the component is mounted; undefined leaves it to the screen around. */
export function useTitle(text: string | undefined): void {
  useEffect(() => {
    if (!text) return;
    const entry = { text };
    titles.set([...titles.get(), entry]);
    return () => titles.set(titles.get().filter((other) => other !== entry));
  }, [text]);
}

/** Writes the title, with the number of open incidents before it. Used once, by what is outermost: the shell or the login. */
export function useDocumentTitle(openIncidents: number): void {
  const text = useStore(titles).at(-1)?.text;
  useEffect(() => {
    document.title = titleOf(text, openIncidents);
  }, [text, openIncidents]);
}

export function titleOf(text: string | undefined, openIncidents: number): string {
  const shown = text === undefined ? '' : visibleText(text.slice(0, MAX_LENGTH)).replace(/\s+/g, ' ');
  const count = openIncidents > 0 ? `(${openIncidents > 99 ? '99+' : openIncidents}) ` : '';
  return `${count}${shown ? `${shown} · ` : ''}${NAME}`;
}
