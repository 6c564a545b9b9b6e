/** Renders into a document of its own and takes it away after the test. */
import { act, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { onTestFinished } from 'vitest';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

export interface Rendered {
  element: HTMLElement;
  rerender(children: ReactNode): Promise<void>;
}

export async function render(children: ReactNode): Promise<Rendered> {
  const element = document.createElement('div');
  document.body.append(element);
  const root = createRoot(element);
  const rerender = (next: ReactNode) => act(async () => root.render(next));
  await rerender(children);
  onTestFinished(async () => {
    await act(async () => root.unmount());
    element.remove();
  });
  return { element, rerender };
}

/** Types as a person does: React hears of it. */
export async function type(input: HTMLInputElement, text: string): Promise<void> {
  await act(async () => {
    input.focus();
    // React keeps its own value beside the element's: only the element's own setter makes it notice.
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(input, text);
    input.setSelectionRange(text.length, text.length);
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
}

export async function press(element: HTMLElement, key: string): Promise<void> {
  await act(async () => {
    element.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  });
}

export async function click(element: HTMLElement): Promise<void> {
  await act(async () => element.click());
}
