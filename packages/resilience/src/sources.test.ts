import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

test('P11 no module but the clock reads the time or sets a timer, and chance is only a default', () => {
  const found: string[] = [];
  for (const file of readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts') || file === 'clock.ts') continue;
    const code = readFileSync(`${import.meta.dirname}/${file}`, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    const uses = code.match(
      /\b(Date\.now|new Date|performance|set(Timeout|Interval|Immediate))\b|(?<!(=|\?\?) )Math\.random/g,
    );
    for (const use of uses ?? []) found.push(`${file}: ${use}`);
  }
  assert.deepEqual(found, []);
});
