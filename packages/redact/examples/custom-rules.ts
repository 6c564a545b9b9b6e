import { createRedactor } from '@breakwater/redact';

const redactor = createRedactor({
  preset: 'pci',
  rules: [
    { key: 'customer ref', action: 'mask' },
    { path: 'audit.*.actor', action: 'keep' },
    { pattern: 'ACME-{digit:6}-{hex:4}', action: 'mask', name: 'acme-contract' },
    { detector: 'email', action: 'mask' },
  ],
});
console.log(redactor.redact({ customerRef: 'C-1', audit: [{ actor: 'jo@corp.com' }], to: 'jo@corp.com' }));
console.log(redactor.string('contract ACME-004711-9f3e paid with 4111 1111 1111 1111'));

try {
  createRedactor({
    rules: [
      { path: 'user.*', action: 'mask' },
      { path: '*.email', action: 'drop' },
    ],
  });
} catch (error) {
  console.log((error as Error).message);
}

// Output:
// {
//   customerRef: '[REDACTED:custom]',
//   audit: [ { actor: 'jo@corp.com' } ],
//   to: '[REDACTED:email]'
// }
// contract [REDACTED:acme-contract] paid with [REDACTED:card:1111]
// paths "user.*" (mask) and "*.email" (drop) match the same places
