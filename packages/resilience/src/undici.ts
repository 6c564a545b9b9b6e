// `@breakwater/resilience/undici`: policies around the requests of undici.

export { HttpStatusError } from './http/status-error.ts';
export { createUndiciInterceptor, type UndiciOptions } from './http/undici.ts';
