import { createRedactor } from '@breakwater/redact';

const rules = [{ detector: 'email', action: 'pseudonym' }] as const;
const keys = { k1: 'last year: at least sixteen bytes', k2: 'this year: at least sixteen bytes' };
const before = createRedactor({ rules, pseudonym: { current: 'k1', keys } });
const now = createRedactor({ rules, pseudonym: { current: 'k2', keys } });

console.log(before.string('jo@corp.com logged in'));
console.log(now.string('jo@corp.com logged in'));
console.log(now.string('Jo@Corp.com logged out'));

// What to search for when looking for one person's lines, old and new.
console.log(now.pseudonyms('email', 'jo@corp.com'));

// Output:
// [REDACTED:email:k1.oglnoalnhmndmjcc] logged in
// [REDACTED:email:k2.ddfnmjafclliagbg] logged in
// [REDACTED:email:k2.ddfnmjafclliagbg] logged out
// [
//   '[REDACTED:email:k2.ddfnmjafclliagbg]',
//   '[REDACTED:email:k1.oglnoalnhmndmjcc]'
// ]
