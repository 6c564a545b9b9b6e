import { type Attributes, logs, SeverityNumber } from '@opentelemetry/api';
import { ShopError } from './shop-error.ts';

export interface Log {
  info(message: string, attributes?: Attributes): void;
  warn(message: string, attributes?: Attributes): void;
  /** Records the error's type, message and stack by the semantic conventions for exceptions. */
  error(message: string, error: unknown, attributes?: Attributes): void;
}

export function createLog(serviceName: string): Log {
  const logger = logs.getLogger(serviceName);
  const emit = (severityNumber: SeverityNumber, severityText: string, body: string, attributes: Attributes): void => {
    logger.emit({ severityNumber, severityText, body, attributes });
  };
  return {
    info: (message, attributes = {}) => emit(SeverityNumber.INFO, 'INFO', message, attributes),
    warn: (message, attributes = {}) => emit(SeverityNumber.WARN, 'WARN', message, attributes),
    error: (message, error, attributes = {}) =>
      emit(SeverityNumber.ERROR, 'ERROR', message, { ...attributes, ...errorAttributes(error) }),
  };
}

function errorAttributes(error: unknown): Attributes {
  if (!(error instanceof Error)) return { 'exception.type': typeof error, 'exception.message': String(error) };
  return {
    'exception.type': error.name,
    'exception.message': error.message,
    'exception.stacktrace': error.stack ?? '',
    ...(error instanceof ShopError ? { 'error.type': error.code } : {}),
  };
}
