// The chapter's "log user authentication".
import { authentication, generateSigner, memoryStore, openTrail } from '@breakwater/audit';

const trail = await openTrail({
  store: memoryStore(),
  signer: generateSigner('audit.example.com/accounts'),
  now: () => Date.UTC(2026, 10, 25, 9, 30),
});

const login = authentication({
  actor: { id: 'user_123', type: 'user', ip: '192.168.1.1', sessionId: 'session_123' },
  action: 'login',
  outcome: 'success',
  method: 'password',
  mfaUsed: true,
});
const { index } = await trail.append(login, 'published');
const { type, actor, action, outcome, details, time } = await trail.entry(index);
console.log({ type, actor: actor.id, action, outcome, details, time });

// A refusal must say why.
try {
  authentication({ actor: { id: 'user_123' }, action: 'login', outcome: 'denied' });
} catch (error) {
  console.log((error as Error).message);
}
await trail.close();

// Output:
// {
//   type: 'authentication',
//   actor: 'user_123',
//   action: 'login',
//   outcome: 'success',
//   details: { method: 'password', mfaUsed: true },
//   time: '2026-11-25T09:30:00.000Z'
// }
// reason must be text of 1 to 4096 characters, and is undefined
