// `@breakwater/resilience/http`: policies around fetch, deadlines from service to service, header fields of rate limits.

export { DEADLINE_HEADER, deadlineFromHeaders, type HeadersLike, toDeadlineHeader } from './http/deadline.ts';
export { createFetch, type FetchInit, type FetchOptions, type GuardedFetch } from './http/fetch.ts';
export { HttpStatusError } from './http/status-error.ts';
export { toRateLimitHeaders } from './rate-limit/headers.ts';
