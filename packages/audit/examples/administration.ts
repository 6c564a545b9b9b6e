// The chapter's "log administrative actions": who changed what, from which state to which.
import { administration, digestOf, generateSigner, memoryStore, openTrail, toOcsf } from '@breakwater/audit';

const trail = await openTrail({
  store: memoryStore(),
  signer: generateSigner('audit.example.com/accounts'),
  now: () => Date.UTC(2026, 10, 25, 9, 30),
});

const disable = administration({
  actor: { id: 'admin_001', type: 'user' },
  action: 'disable_account',
  resource: { type: 'user_account', id: 'user_123' },
  outcome: 'success',
  reason: 'policy_violation',
  ticketId: 'TICKET-456',
  before: { digest: digestOf('{"enabled":true}') },
  after: { digest: digestOf('{"enabled":false}') },
  details: { note: 'was seen using password=Hunter2Summer!' },
});
const { index } = await trail.append(disable, 'published');
const entry = await trail.entry(index);
console.log(entry.action, entry.reason, entry.details);
console.log(entry.before?.digest.slice(0, 15), '->', entry.after?.digest.slice(0, 15));

const { class_name, type_uid, status, time } = toOcsf(index, entry, trail.origin);
console.log({ class_name, type_uid, status, time });
await trail.close();

// Output:
// disable_account policy_violation {
//   note: 'was seen using password=[REDACTED:secret]',
//   ticketId: 'TICKET-456'
// }
// sha256:26b3426b -> sha256:5acf3ff7
// {
//   class_name: 'Account Change',
//   type_uid: 300105,
//   status: 'Success',
//   time: 1795599000000
// }
