/** 6.3 "What makes logging structured": one text with everything in it, and the same as data. */
import { createLogger, type LogRecord } from '@breakwater/log';
import { memorySink } from '@breakwater/log/testing';

const sink = memorySink();
const logger = createLogger({ service: 'accounts', sinks: [sink] });
const user = { id: 'user-42', accountType: 'premium' };

// Unstructured: a person can read it, a query cannot.
logger.info(`User ${user.id} logged in from 203.0.113.7`);

// Structured: the text is the same for every login, so records can be counted, and each fact has a name.
logger.log(
  'info',
  'User login successful',
  {
    'user.id': user.id,
    'client.address': '203.0.113.7',
    'login.method': 'password',
    'account.type': user.accountType,
    password: 'never in a log',
  },
  'user.login.succeeded',
);

const show = ({ body, eventName, attributes }: LogRecord): void => console.log(body, eventName, attributes);
for (const record of sink.records()) show(record);
await logger.close();

// Output:
// User user-42 logged in from 203.0.113.7 undefined {}
// User login successful user.login.succeeded {
//   'user.id': 'user-42',
//   'client.address': '203.0.113.7',
//   'login.method': 'password',
//   'account.type': 'premium',
//   password: '[REDACTED:secret]'
// }
