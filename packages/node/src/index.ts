export { ConfigError, type Mistake } from './config/config-error.ts';
export type { Config } from './config/settings.ts';
export type { LogOptions, Service } from './service.ts';
export { ServiceStateError } from './service-state-error.ts';
export type { ShutdownHook, ShutdownPhase, ShutdownReport, ShutdownStep } from './shutdown.ts';
export { currentService, type StartOptions, start } from './start.ts';
export type { Watched } from './watch.ts';
