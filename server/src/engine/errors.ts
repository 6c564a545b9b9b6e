/** The embedded engine does not exist for this platform, or its package is not installed. Nothing to retry. */
export class EngineUnsupportedError extends Error {
  override readonly name = 'EngineUnsupportedError';
  readonly code = 'ENGINE_UNSUPPORTED';
}

/** Another process has the data directory open. */
export class EngineLockedError extends Error {
  override readonly name = 'EngineLockedError';
  readonly code = 'ENGINE_LOCKED';
  readonly dataDir: string;
  /** The server process that holds it, or, where only that is known, its engine process. */
  readonly holderPid: number | undefined;

  constructor(dataDir: string, holderPid: number | undefined) {
    const holder = holderPid === undefined ? 'another process' : `process ${holderPid}`;
    super(`data directory ${dataDir} is in use by ${holder}: stop it, or start with another directory`);
    this.dataDir = dataDir;
    this.holderPid = holderPid;
  }
}

/** The engine could not be started: unwritable directory, unreadable data, no memory, … The message says which. */
export class EngineStartError extends Error {
  override readonly name = 'EngineStartError';
  readonly code = 'ENGINE_START_FAILED';
}
