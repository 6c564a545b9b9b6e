import { createRedactor } from '@breakwater/redact';

const redactor = createRedactor();
const lines = [
  'login failed for jo@corp.com password=hunter2',
  '{"card":4111111111111111,"cvv":"123","amount":1250}',
  'GET /cb?state=1&access_token=2f6c9a3b41 Authorization: Bearer 7Gh2kLm9QrSt',
  'connect postgres://app:s3cret@db:5432/orders refused',
  'order 550e8400-e29b-41d4-a716-446655440000 took 45.2 ms, author=ci, tokenCount=512',
  'user typed: ok\nERROR forged line',
];
for (const line of lines) console.log(redactor.string(line));

const clean = 'GET /health 200 in 2 ms';
console.log(redactor.string(clean) === clean);

// Output:
// login failed for [REDACTED:email] password=[REDACTED:secret]
// {"card":"[REDACTED:card]","cvv":"[REDACTED:cvv]","amount":1250}
// GET /cb?state=1&access_token=[REDACTED:query-secret] Authorization: Bearer [REDACTED:authorization]
// connect postgres://app:[REDACTED:url-credentials]@db:5432/orders refused
// order 550e8400-e29b-41d4-a716-446655440000 took 45.2 ms, author=ci, tokenCount=512
// user typed: ok\nERROR forged line
// true
