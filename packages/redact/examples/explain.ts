import { createRedactor } from '@breakwater/redact';

const redactor = createRedactor();
const findings = redactor.explain({
  user: { contact: 'write to jo@corp.com', dbPassword: 'hunter2' },
  query: 'next=%2Fhome&to=%2B49%20170%201234567',
  payload: 'eyJwYXNzd29yZCI6Imh1bnRlcjIyIn0=',
});
for (const { path, at, rule, action, encoding } of findings) console.log(path, at, rule, action, encoding ?? 'plain');

// Output:
// user.contact 9 email mask plain
// user.dbPassword -1 secret/password mask plain
// query 16 phone/e164 mask escaped
// payload 0 secret/password mask base64
