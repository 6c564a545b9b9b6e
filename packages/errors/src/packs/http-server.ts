import type { Rule, RulePack } from '../pack.ts';

// What a service says to its own caller keeps its status; the pack of HTTP statuses reads another service's answer.
const same = { httpStatus: 'same' } as const;
const shown = { httpStatus: 'same', exposeMessage: true } as const;

const byStatus: readonly Rule[] = [
  { when: { status: 401 }, is: 'unauthenticated', but: same },
  { when: { status: 403 }, is: 'forbidden', but: same },
  { when: { status: [404, 410] }, is: 'not-found', but: same },
  { when: { status: 405 }, is: 'method-not-allowed', but: same },
  { when: { status: 409 }, is: 'conflict', but: same },
  { when: { status: 412 }, is: 'precondition-failed', but: same },
  { when: { status: 413 }, is: 'payload-too-large', but: same },
  { when: { status: 415 }, is: 'unsupported-media-type', but: same },
  { when: { status: 402 }, is: 'payment-required', but: same },
  { when: { status: 423 }, is: 'locked', but: same },
  { when: { status: 429 }, is: 'throttled-by-app', but: same },
  { when: { status: 451 }, is: 'legally-blocked', but: same },
  { when: { status: [503, 504] }, is: 'unavailable-in-app', but: same },
  {
    when: { status: [400, 406, 408, 411, 414, 416, 417, 418, 421, 422, 424, 425, 426, 428, 431] },
    is: 'refused-by-app',
    but: same,
  },
  { when: { status: [500, 501, 502, 505, 506, 507, 508, 510, 511] }, is: 'failed-in-app', but: same },
];

/** Errors made by `http-errors` (Express, Koa, body-parser), told by their `expose`. */
export const httpErrors: RulePack = {
  domain: 'http-errors',
  title: 'http-errors, Express, Koa and body-parser',
  sources: [
    'https://github.com/jshttp/http-errors',
    'https://expressjs.com/en/resources/middleware/body-parser.html#errors',
  ],
  markers: [{ expose: [true, false] }],
  strength: 'vendor-code',
  rules: [
    ...byStatus,
    ...byStatus.map((rule): Rule => ({ ...rule, when: { ...rule.when, expose: true }, but: shown })),
    {
      when: {
        type: ['entity.parse.failed', 'entity.verify.failed', 'request.size.invalid'],
        status: '*',
        expose: [true, false],
      },
      is: 'malformed-body',
      but: same,
    },
    {
      when: { type: ['encoding.unsupported', 'charset.unsupported'], status: '*', expose: [true, false] },
      is: 'unsupported-media-type',
      but: same,
    },
    {
      when: { type: ['entity.too.large', 'parameters.too.many'], status: '*', expose: [true, false] },
      is: 'payload-too-large',
      but: same,
    },
    {
      when: { type: 'querystring.parse.rangeError', status: '*', expose: [true, false] },
      is: 'malformed-body',
      but: same,
    },
    { when: { type: 'request.aborted', status: '*', expose: [true, false] }, is: 'upload-aborted', but: same },
    { when: { type: ['stream.encoding.set', 'stream.not.readable'], status: '*', expose: [true, false] }, is: 'bug' },
  ],
};

/** Fastify's own errors. */
export const fastify: RulePack = {
  domain: 'fastify',
  title: 'Fastify',
  sources: ['https://fastify.dev/docs/latest/Reference/Errors/'],
  rules: [
    { when: { code: 'FST_ERR_VALIDATION' }, is: 'invalid-input' },
    {
      when: {
        code: [
          'FST_ERR_CTP_EMPTY_JSON_BODY',
          'FST_ERR_CTP_INVALID_JSON_BODY',
          'FST_ERR_CTP_INVALID_CONTENT_LENGTH',
          'FST_ERR_BAD_URL',
        ],
      },
      is: 'malformed-body',
    },
    { when: { code: 'FST_ERR_CTP_BODY_TOO_LARGE' }, is: 'payload-too-large' },
    { when: { code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE' }, is: 'unsupported-media-type' },
    { when: { code: 'FST_ERR_NOT_FOUND' }, is: 'not-found' },
    { when: { code: 'FST_ERR_HANDLER_TIMEOUT' }, is: 'unavailable-in-app' },
    { when: { code: 'FST_ERR_REOPENED_CLOSE_SERVER' }, is: 'shutting-down' },
    { when: { code: ['FST_ERR_*', 'AVV_ERR_*'] }, is: 'bug' },
  ],
};

/** NestJS exceptions: `status` is theirs, `response` the body they send. */
export const nestjs: RulePack = {
  domain: 'nestjs',
  title: 'NestJS',
  sources: ['https://docs.nestjs.com/exception-filters#built-in-http-exceptions'],
  markers: [
    // An exception class of the application extends one of these and has another name.
    { getStatus: '*', getResponse: '*', status: '*' },
    {
      name: [
        'HttpException',
        'BadRequestException',
        'UnauthorizedException',
        'NotFoundException',
        'ForbiddenException',
        'NotAcceptableException',
        'RequestTimeoutException',
        'ConflictException',
        'GoneException',
        'HttpVersionNotSupportedException',
        'PayloadTooLargeException',
        'UnsupportedMediaTypeException',
        'UnprocessableEntityException',
        'InternalServerErrorException',
        'NotImplementedException',
        'ImATeapotException',
        'MethodNotAllowedException',
        'BadGatewayException',
        'ServiceUnavailableException',
        'GatewayTimeoutException',
        'PreconditionFailedException',
        'MisdirectedException',
        'IntrinsicException',
        'ThrottlerException',
      ],
      status: '*',
    },
  ],
  strength: 'vendor-code',
  rules: byStatus,
};

/** @hapi/boom, which hapi throws. */
export const boom: RulePack = {
  domain: 'boom',
  title: 'hapi and @hapi/boom',
  sources: ['https://hapi.dev/module/boom/api/'],
  markers: [{ isBoom: true }],
  strength: 'vendor-code',
  rules: byStatus,
};
