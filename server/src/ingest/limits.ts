export type IngestLimit =
  | 'maxBodyBytes'
  | 'maxInFlightBytes'
  | 'bodyTimeoutMs'
  | 'headersTimeoutMs'
  | 'keepAliveTimeoutMs'
  | 'drainTimeoutMs'
  | 'stopGraceMs'
  | 'maxElements'
  | 'maxValueBytes'
  | 'maxNestingDepth'
  | 'maxJsonDepth'
  | 'maxJsonFields'
  | 'maxFutureMs'
  | 'maxReasons'
  | 'maxReasonsInMessage'
  | 'maxFaults';

/** Every limit of ingest, in one place. A limit that a caller may set is only the default here. */
export const INGEST_LIMITS: Readonly<Record<IngestLimit, number>> = {
  /** Size of a request body after decompression. The OTLP specification asks for at least 64 MiB. Beyond: 413. */
  maxBodyBytes: 64 * 1024 * 1024,
  /** Decompressed bytes of all requests that are being received or decoded. Beyond: 503. */
  maxInFlightBytes: 256 * 1024 * 1024,
  /** A request body must have arrived completely by then. Beyond: 408. */
  bodyTimeoutMs: 30_000,
  /** The request line and headers must have arrived by then. */
  headersTimeoutMs: 10_000,
  /** How long a connection may stay idle between two requests. */
  keepAliveTimeoutMs: 75_000,
  /** How long the rest of a body that was refused is read and thrown away, so that the client gets to see the answer. */
  drainTimeoutMs: 2_000,
  /** How long a stopping server waits for bodies that are still arriving. */
  stopGraceMs: 5_000,
  /**
   * What one request may expand to: attributes, array elements, buckets, events, links and exemplars count 1, records
   * count 8. Keeps a body of many empty messages from filling the memory. Beyond: 413.
   */
  maxElements: 4_000_000,
  /** A longer string, bytes value, array or map is cut, marked, and reported as a warning. */
  maxValueBytes: 256 * 1024,
  /** Arrays and maps within each other. What is deeper is replaced by a marker and reported as a warning. */
  maxNestingDepth: 64,
  /** Arrays and objects within each other in a JSON body; the deepest value that is kept needs about 300. */
  maxJsonDepth: 1_000,
  /** Fields of one object in a JSON body; OTLP has at most 20. */
  maxJsonFields: 10_000,
  /** A time further ahead of the server's clock than this becomes the time of receipt. */
  maxFutureMs: 24 * 60 * 60 * 1000,
  /** Different reasons kept for one answer, and reasons written into its message. */
  maxReasons: 20,
  maxReasonsInMessage: 3,
  /** Refused or partly rejected requests remembered for the status page. */
  maxFaults: 20,
};
