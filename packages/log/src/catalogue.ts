import { defineEvent, type EventType } from './define-event.ts';

const processed = {
  'payment.id': 'string',
  'payment.amount': 'number',
  'payment.currency': 'string',
  'payment.method': 'string',
  'payment.merchant_id': 'string?',
  'payment.gateway_code': 'string?',
  duration_ms: 'number?',
} as const;

const failed = {
  'payment.id': 'string',
  'payment.amount': 'number',
  'payment.currency': 'string',
  'payment.method': 'string',
  error: 'error',
  'payment.gateway_code': 'string?',
  'retry.count': 'number?',
} as const;

const action = { 'user.action': 'string', 'user.id': 'string?', target: 'string?' } as const;

const login = {
  'user.id': 'string',
  'login.method': 'string',
  'client.address': 'string?',
  'user_agent.original': 'string?',
  'login.attempt': 'number?',
} as const;

const loginFailed = {
  'user.id': 'string',
  'login.method': 'string',
  'login.failure_reason': 'string?',
  'client.address': 'string?',
  'user_agent.original': 'string?',
  'login.attempt': 'number?',
} as const;

const system = { 'system.component': 'string', 'system.state': 'string', 'system.reason': 'string?' } as const;

const performanceFields = {
  operation: 'string',
  duration_ms: 'number',
  'process.memory.usage': 'number?',
} as const;

/** The events every service has. `defineEvent` makes further ones. */
export const events: {
  readonly userAction: EventType<typeof action>;
  readonly systemChanged: EventType<typeof system>;
  readonly paymentProcessed: EventType<typeof processed>;
  readonly paymentFailed: EventType<typeof failed>;
  readonly loginSucceeded: EventType<typeof login>;
  readonly loginFailed: EventType<typeof loginFailed>;
  readonly performanceMeasured: EventType<typeof performanceFields>;
} = {
  userAction: defineEvent({
    name: 'user.action',
    kind: 'user_action',
    message: 'User action {user.action}',
    fields: action,
  }),
  systemChanged: defineEvent({
    name: 'system.changed',
    kind: 'system',
    message: '{system.component} is {system.state}',
    fields: system,
  }),
  paymentProcessed: defineEvent({
    name: 'payment.processed',
    kind: 'business',
    message: 'Payment {payment.id} processed',
    fields: processed,
  }),
  paymentFailed: defineEvent({
    name: 'payment.failed',
    kind: 'business',
    level: 'error',
    message: 'Payment {payment.id} failed',
    fields: failed,
  }),
  loginSucceeded: defineEvent({
    name: 'user.login.succeeded',
    kind: 'security',
    message: 'Login of {user.id} succeeded',
    fields: login,
  }),
  loginFailed: defineEvent({
    name: 'user.login.failed',
    kind: 'security',
    level: 'warn',
    message: 'Login of {user.id} failed',
    fields: loginFailed,
  }),
  performanceMeasured: defineEvent({
    name: 'performance.measured',
    kind: 'performance',
    message: '{operation} took {duration_ms} ms',
    fields: performanceFields,
  }),
};
