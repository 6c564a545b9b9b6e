// `@breakwater/resilience/http`: policies around fetch, and deadlines from service to service.

export { DEADLINE_HEADER, deadlineFromHeaders, type HeadersLike, toDeadlineHeader } from './http/deadline.ts';
export { createFetch, type FetchInit, type FetchOptions, type GuardedFetch } from './http/fetch.ts';
export { HttpStatusError } from './http/status-error.ts';
