/** One wide event per request, collected as it runs. */
export interface WideEvent {
  readonly fields: Record<string, unknown>;
  readonly counts: Record<string, number>;
}

export function createWideEvent(): WideEvent {
  return {
    fields: Object.create(null) as Record<string, unknown>,
    counts: Object.create(null) as Record<string, number>,
  };
}
