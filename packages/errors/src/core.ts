export { setContextProvider } from './context.ts';
export { fingerprint, stackPlace } from './fingerprint.ts';
export { OptionError } from './misuse.ts';
export type { ErrorRecord } from './record.ts';
export { type SerialiseOptions, serialise } from './serialise.ts';
export { isCategory } from './taxonomy.ts';
