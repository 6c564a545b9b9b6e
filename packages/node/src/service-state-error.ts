/** Thrown by `start` while a service is running in this process, and by `currentService` while none is. */
export class ServiceStateError extends Error {
  override readonly name = 'ServiceStateError';
  readonly code: 'ERR_BREAKWATER_STARTED' | 'ERR_BREAKWATER_NOT_STARTED';

  constructor(code: ServiceStateError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
