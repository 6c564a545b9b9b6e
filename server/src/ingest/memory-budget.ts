/** Bytes that all requests in work may hold together. */
export interface MemoryBudget {
  reserve(): MemoryReservation;
}

/** The share of one request; grows until the budget is used up. */
export interface MemoryReservation {
  /** False, and nothing taken, where the budget has not that much left. */
  take(bytes: number): boolean;
  /** Gives everything back. */
  release(): void;
}

export function createMemoryBudget(totalBytes: number): MemoryBudget {
  let left = totalBytes;
  return {
    reserve() {
      let held = 0;
      return {
        take(bytes) {
          if (bytes > left) return false;
          left -= bytes;
          held += bytes;
          return true;
        },
        release() {
          left += held;
          held = 0;
        },
      };
    },
  };
}
