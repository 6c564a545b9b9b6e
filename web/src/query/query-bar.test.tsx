import { expect, test, vi } from 'vitest';
import { click, press, render, type } from '../../test/render.tsx';
import { ApiError } from '../api/client.ts';
import { QueryBar, type QueryBarProps } from './query-bar.tsx';

const FIELDS = [
  { value: 'service', hint: 'text' },
  { value: 'http.route', hint: 'string' },
];

async function show(props: Partial<QueryBarProps>) {
  const onRun = vi.fn();
  const { element } = await render(
    <QueryBar
      value=""
      onRun={onRun}
      error={null}
      fields={FIELDS}
      valuesOf={(field) => (field === 'service' ? [{ value: 'pay ments', count: 3 }] : [])}
      placeholder=""
      label="Query"
      {...props}
    />,
  );
  return { element, onRun, input: element.querySelector('input')! };
}

const fault = (position: number, suggestion?: string) =>
  new ApiError({
    type: 'about:blank',
    title: 'The query cannot be read',
    status: 400,
    detail: 'There is no field levl; did you mean level?',
    code: 'INVALID_QUERY',
    position,
    ...(suggestion !== undefined && { suggestion }),
  });

test('the faulty word is underlined, explained, and mended with one click', async () => {
  const { element, onRun, input } = await show({ value: 'x levl:error y', error: fault(2, 'x level:error y') });
  const marked = [...element.querySelectorAll('.query-fault')].map(({ textContent }) => textContent).join('');
  expect(marked).toBe('levl:error');
  expect(input.getAttribute('aria-invalid')).toBe('true');
  const alert = element.querySelector('[role=alert]')!;
  expect(alert.id).toBe(input.getAttribute('aria-describedby'));
  expect(alert.textContent).toContain('There is no field levl');
  await click(alert.querySelector('button')!);
  expect(onRun).toHaveBeenCalledExactlyOnceWith('x level:error y');
});

test('a fault at the very end marks the last character, and typing takes the mark away', async () => {
  const { element, input } = await show({ value: 'service:', error: fault(8) });
  expect(element.querySelector('.query-fault')?.textContent).toBe(':');
  await type(input, 'service:a');
  expect(element.querySelector('.query-fault')).toBeNull();
  expect(element.querySelector('[role=alert]')).toBeNull();
});

test('a failure that is not about the query marks nothing', async () => {
  const { element } = await show({ value: 'x', error: new Error('down') });
  expect(element.querySelector('[role=alert]')).toBeNull();
});

test('names, then values, are completed with the keyboard alone; Enter runs', async () => {
  const { element, onRun, input } = await show({});
  await type(input, 'ser');
  await press(input, 'Tab');
  expect(input.value).toBe('service:');
  const options = [...element.querySelectorAll('[role=option]')].map(({ textContent }) => textContent);
  expect(options).toEqual(['"pay ments"3']);
  await press(input, 'ArrowDown');
  expect(input.getAttribute('aria-activedescendant')).toBe(element.querySelector('[aria-selected=true]')?.id);
  await press(input, 'Enter');
  expect(input.value).toBe('service:"pay ments" ');
  expect(onRun).not.toHaveBeenCalled();
  await press(input, 'Enter');
  expect(onRun).toHaveBeenCalledExactlyOnceWith('service:"pay ments"');
});

test('a query from elsewhere replaces what was typed', async () => {
  const { element, input } = await show({ value: 'level:error' });
  expect(input.value).toBe('level:error');
  expect(element.querySelector('.query-layer')?.textContent).toBe('level:error');
});
