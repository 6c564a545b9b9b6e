import { redact } from '@breakwater/redact';

const error = Object.assign(new Error('charge of 4111-1111-1111-1111 failed'), {
  config: { url: 'https://pay.corp.com/charge?api_key=a1b2c3d4e5', headers: { Authorization: 'Basic YTpi' } },
});
console.log(
  JSON.stringify(
    redact({
      userId: 82731,
      password: 'hunter2',
      headers: new Headers({ cookie: 'sid=abc', accept: '*/*' }),
      call: ['token:', 'abc123def456'],
      config: error.config,
    }),
    null,
    2,
  ),
);

const safe = redact(error) as Error;
console.log(safe instanceof Error, safe.message);

// Output:
// {
//   "userId": 82731,
//   "password": "[REDACTED:secret]",
//   "headers": {
//     "accept": "*/*",
//     "cookie": "[REDACTED:cookie]"
//   },
//   "call": [
//     "token:",
//     "[REDACTED:secret]"
//   ],
//   "config": {
//     "url": "https://pay.corp.com/charge?api_key=[REDACTED:query-secret]",
//     "headers": {
//       "Authorization": "[REDACTED:authorization]"
//     }
//   }
// }
// true charge of [REDACTED:card] failed
