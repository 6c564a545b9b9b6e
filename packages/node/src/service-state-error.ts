/**
 * Thrown by `start` while a service is running in this process, by `currentService` while none is, and by `onShutdown` and
 * `serve` when it is too late for the phase.
 */
export class ServiceStateError extends Error {
  override readonly name = 'ServiceStateError';
  readonly code: 'ERR_BREAKWATER_STARTED' | 'ERR_BREAKWATER_NOT_STARTED' | 'ERR_BREAKWATER_STOPPED';

  constructor(code: ServiceStateError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
