import type { Line } from './line.ts';

/** Errors and log lines as real drivers and tools write them, with values planted. */
export const HAND_PLANTED: readonly Line[] = [
  {
    detector: 'secret',
    text: 'FATAL: password authentication failed for user "app" (connection: host=db user=app password=Tr0ub4dor&3 dbname=x)',
    planted: ['Tr0ub4dor'],
  },
  {
    detector: 'url-credentials',
    text: 'MongoServerSelectionError: connect ETIMEDOUT mongodb://root:n0tSoSecret@10.0.0.5:27017/admin?authSource=admin',
    planted: ['n0tSoSecret'],
  },
  {
    detector: 'email',
    text: 'duplicate key value violates unique constraint "users_email_key" Detail: Key (email)=(maria.lopez@acme-corp.io) already exists.',
    planted: ['maria.lopez@acme-corp.io'],
  },
  {
    detector: 'email',
    text: "ER_DUP_ENTRY: Duplicate entry 'maria.lopez@acme-corp.io' for key 'users.email'",
    planted: ['maria.lopez@acme-corp.io'],
  },
  {
    detector: 'secret',
    text: "ReplyError: WRONGPASS invalid username-password pair; command: { name: 'auth', args: [ 'default', 'x' ] }, password: 'r3disPa55'",
    planted: ['r3disPa55'],
  },
  {
    detector: 'authorization',
    text: "AxiosError: 401 config: { headers: { Accept: 'application/json', Authorization: 'Bearer 7Gh2kLm9QrSt5VwX' } }",
    planted: ['7Gh2kLm9QrSt5VwX'],
  },
  {
    detector: 'authorization',
    text: "rawHeaders: [ 'Host', 'api.corp.com', 'Authorization', 'Basic YWRtaW46czNjcjN0' ]",
    planted: ['YWRtaW46czNjcjN0'],
  },
  {
    detector: 'token',
    text: 'StripeAuthenticationError: Invalid API Key provided: sk_live_4eC39HqLyjWDarjtT1zdp7dc',
    planted: ['sk_live_4eC39HqLyjWDarjtT1zdp7dc'],
  },
  {
    detector: 'token',
    text: 'AuthenticationError: 401 Incorrect API key provided: sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH. You can find your key at',
    planted: ['sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH'],
  },
  {
    detector: 'token',
    text: "fatal: unable to access 'https://oauth2:glpat-Zx9kQ2mN4pR7sT1vW3yB@gitlab.corp.com/a/b.git/'",
    planted: ['glpat-Zx9kQ2mN4pR7sT1vW3yB'],
  },
  {
    detector: 'secret',
    text: 'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY aws s3 ls',
    planted: ['wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
  },
  {
    detector: 'token',
    text: 'The AWS Access Key Id AKIAIOSFODNN7EXAMPL2 does not exist in our records',
    planted: ['AKIAIOSFODNN7EXAMPL2'],
  },
  {
    detector: 'query-secret',
    text: 'GET https://bucket.s3.amazonaws.com/a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024 403',
    planted: ['fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024'],
  },
  {
    detector: 'connection-string',
    text: 'Login failed for user sa. Server=tcp:db.corp.net,1433;Initial Catalog=x;User ID=sa;Password={br;ace}9;Encrypt=True',
    planted: ['{br'],
  },
  { detector: 'secret', text: 'mysql: [Warning] mysql --user=root --password=S3cr3t-99 -h db', planted: ['S3cr3t-99'] },
  { detector: 'secret', text: "CREATE USER 'app'@'%' IDENTIFIED BY 'Pa55-word.1'", planted: ['Pa55-word.1'] },
  { detector: 'secret', text: 'your one time password is 493817, do not share it', planted: ['493817'] },
  {
    detector: 'jwt',
    text: 'JWSSignatureVerificationFailed: eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c',
    planted: ['eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvIn0'],
  },
  {
    detector: 'card',
    text: 'Braintree: 81715 Credit card number 4012 0000 3333 0026 is invalid for 378282246310005',
    planted: ['4012 0000 3333 0026', '378282246310005'],
  },
  {
    detector: 'phone',
    text: 'Twilio 21211: The To number +4915112345678 is not a valid phone number',
    planted: ['+4915112345678'],
  },
  {
    detector: 'cookie',
    text: 'curl -b x -H "Cookie: JSESSIONID=0A1B2C3D4E5F60718293A4B5C6D7E8F9; route=1" https://corp.com',
    planted: ['0A1B2C3D4E5F60718293A4B5C6D7E8F9'],
  },
  {
    detector: 'secret',
    text: '{"kind":"Secret","data":{"password":"aHVudGVyMmh1bnRlcjI="}}',
    planted: ['aHVudGVyMmh1bnRlcjI'],
  },
  { detector: 'secret', text: 'env: DATABASE_PASSWORD: "multi word pass phrase"', planted: ['multi word pass phrase'] },
];

/** Lines that were mistaken for something by one tool or another. */
export const HAND_CLEAN: readonly string[] = [
  'POST /v1/tokens 201 in 12 ms',
  'jwt expired at 2026-11-25T01:02:03.000Z',
  'invalid input syntax for type uuid: "abc"',
  "TypeError: Cannot read properties of undefined (reading 'token')",
  'SyntaxError: Unexpected token } in JSON at position 4',
  "ER_ACCESS_DENIED_ERROR: Access denied for user 'app'@'10.0.0.3' (using password: YES)",
  'password authentication failed for user "app"',
  'FATAL: no pg_hba.conf entry for host "10.0.0.3", user "app", database "x", SSL off',
  "MongoServerError: E11000 duplicate key error collection: shop.orders index: _id_ dup key: { _id: ObjectId('65f1c0ffee0123456789abcd') }",
  'connect ECONNREFUSED 10.1.2.3:5432',
  'KafkaJSProtocolError: This server is not the leader for that topic-partition',
  'certificate has expired: CN=*.corp.com, serial 0x04A1B2C3D4E5F6',
  'npm warn deprecated inflight@1.0.6: This module is not supported',
  'Signature: 5 of 7 required; session: closed; auth: none; key: Enter',
  'The secret name is projects/x/secrets/db-password/versions/3',
  '-----BEGIN CERTIFICATE----- MIIBszCCAVmgAwIBAgIUb0 -----END CERTIFICATE-----',
  '-----BEGIN PUBLIC KEY----- MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE -----END PUBLIC KEY-----',
  'apiVersion: v1 kind: Deployment replicas: 3 image: repo/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  'retry-after: 120 ratelimit-remaining: 0 x-request-id: 0af7651916cd43dd8448eb211c80319c',
  'phone home disabled; cell A1 of sheet 2; mobile layout 375x667',
  'card accepted, pan and zoom enabled, pin the tab, security codes sent',
  'password: string; token?: string; secret: z.string().min(8)',
  'process.env.PASSWORD is not set; use password=$DB_PASSWORD or {{ token }}',
  'user id=4111 page 1111 of 1111 total 1112',
  'Basic authentication is disabled, use Bearer authentication',
  '{"credentials":true,"cookie":false,"authorization":null,"pin":null}',
];
