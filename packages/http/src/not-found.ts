/** What a request without a route fails with; every adapter's answer to it is the same. */
export function notFoundError(): Error {
  return Object.assign(new Error('No route'), { status: 404 });
}
