import { type Rule, type RulePack, words } from '../pack.ts';

const codes: readonly (readonly [reason: string, codes: string])[] = [
  ['quota-exceeded', 'insufficient_quota billing_hard_limit_reached billing_not_active'],
  ['rate-limited', 'rate_limit_exceeded rate_limit_error'],
  ['credentials-rejected', 'invalid_api_key authentication_error account_deactivated'],
  ['permission-denied', 'permission_error unsupported_country_region_territory model_not_available'],
  ['misconfigured', 'model_not_found deployment_not_found DeploymentNotFound'],
  ['payload-too-large', 'context_length_exceeded request_too_large string_above_max_length'],
  ['request-rejected', 'invalid_request_error invalid_prompt unsupported_parameter unsupported_value'],
  ['declined', 'content_policy_violation content_filter moderation_blocked'],
  ['overloaded', 'overloaded_error engine_overloaded server_overloaded'],
  ['server-error', 'server_error api_error'],
  ['timeout', 'timeout_error'],
];

const statusClasses =
  'BadRequestError AuthenticationError PermissionDeniedError NotFoundError ConflictError UnprocessableEntityError RateLimitError InternalServerError APIError';

/** OpenAI, Anthropic and SDKs made by the same generator. An `x-should-retry` header is a hint and comes first. */
export const openai: RulePack = {
  domain: 'openai',
  title: 'OpenAI, Anthropic and SDKs like theirs',
  sources: ['https://platform.openai.com/docs/guides/error-codes', 'https://docs.anthropic.com/en/api/errors'],
  markers: [
    { requestID: '*' },
    { request_id: '*' },
    { 'headers.x-request-id': '*' },
    { error: '*', headers: '*' },
    {
      name: words(
        'APIError APIConnectionError APIConnectionTimeoutError APIUserAbortError BadRequestError RateLimitError AuthenticationError SubjectTokenProviderError InvalidWebhookSignatureError',
      ),
    },
  ],
  rules: [
    ...codes.flatMap(([is, names]): Rule[] => {
      const but = is === 'declined' || is === 'payload-too-large' ? { but: { httpStatus: 422 } } : {};
      return [
        { when: { code: words(names) }, is, ...but },
        { when: { type: words(names) }, is, ...but },
        { when: { name: words(statusClasses), 'error.error.type': words(names) }, is, ...but },
      ];
    }),
    { when: { name: 'APIConnectionTimeoutError' }, is: 'timeout' },
    { when: { name: 'APIConnectionError' }, is: 'connection-lost' },
    { when: { name: 'APIUserAbortError' }, is: 'cancelled' },
    { when: { name: 'SubjectTokenProviderError' }, is: 'credentials-rejected' },
    { when: { name: 'InvalidWebhookSignatureError' }, is: 'token-invalid', but: { httpStatus: 400 } },
    {
      when: { name: words('LengthFinishReasonError ContentFilterFinishReasonError') },
      is: 'response-incomplete',
      but: { retryable: false, category: 'permanent', countsForBreaker: false },
    },
  ],
};

/** The Vercel AI SDK, whose `isRetryable` is a hint and comes first. */
export const aiSdk: RulePack = {
  domain: 'ai-sdk',
  title: 'Vercel AI SDK',
  sources: ['https://ai-sdk.dev/docs/reference/ai-sdk-errors'],
  rules: [
    { when: { name: words('AI_RetryError') }, is: 'unavailable' },
    {
      when: {
        name: words(
          'AI_NoObjectGeneratedError AI_TypeValidationError AI_JSONParseError AI_InvalidResponseDataError AI_EmptyResponseBodyError',
        ),
      },
      is: 'response-invalid',
      but: { category: 'transient', retryable: true, alert: false },
    },
    {
      when: {
        name: words(
          'AI_InvalidPromptError AI_InvalidArgumentError AI_InvalidToolInputError AI_NoSuchToolError AI_UnsupportedFunctionalityError',
        ),
      },
      is: 'bug',
    },
    {
      when: { name: words('AI_LoadAPIKeyError AI_LoadSettingError AI_NoSuchModelError AI_NoSuchProviderError') },
      is: 'misconfigured',
    },
  ],
};
