// Chapter 6.4 removes six regular expressions' worth of secrets from a message (`sanitize_error_message`). Here is the
// same duty with detectors: the name stays readable, quotes and URLs are understood, and an order number is kept.
import { redact } from '@breakwater/redact';

function sanitizeErrorMessage(errorMessage: string): string {
  return redact(errorMessage);
}

const messages = [
  'login rejected: password=hunter2',
  'upstream said 401 for token: 9f8e7d6c5b',
  'config {"apiKey":"k-7731-abcd","region":"eu"} refused',
  'secret=s3cr3t; retrying',
  'card 4111 1111 1111 1111 declined for order 4111-1111-1111-1112',
  'applicant 219-09-9999 not found',
  'primary key=42 violates constraint',
];
for (const message of messages) console.log(sanitizeErrorMessage(message));

// Output:
// login rejected: password=[REDACTED:secret]
// upstream said 401 for token: [REDACTED:secret]
// config {"apiKey":"[REDACTED:secret]","region":"eu"} refused
// secret=[REDACTED:secret]; retrying
// card [REDACTED:card] declined for order 4111-1111-1111-1112
// applicant [REDACTED:ssn] not found
// primary key=42 violates constraint
