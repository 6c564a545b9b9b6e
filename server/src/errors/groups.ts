import type { ErrorGroup, ErrorGroupDetail, ErrorGroupStatus, ErrorGroupsAnswer } from '../api/types.ts';

export interface ErrorGroupsQuery {
  /** Epoch milliseconds, inclusive. */
  from: number;
  /** Epoch milliseconds, exclusive. */
  to: number;
  status?: ErrorGroupStatus | string | undefined;
  service?: string | undefined;
  /** `last_seen` (default), `first_seen` or `count`, each largest first. */
  sort?: string | undefined;
  /** Part of type, message or culprit; letter case does not matter. */
  search?: string | undefined;
  /** 1 to 1000, default 100. */
  limit?: number | undefined;
}

/** The errors inbox. Counts come from the store, the lifecycle from the state. */
export interface ErrorGroups {
  list(query: ErrorGroupsQuery): Promise<ErrorGroupsAnswer>;
  /** Rejects with `NotFoundError` where no occurrence is stored, `InvalidInputError` for a malformed id. */
  detail(id: string, range: { from: number; to: number }): Promise<ErrorGroupDetail>;
  /** `status` is untrusted. The answer's counts are those of the last 24 hours. */
  setStatus(id: string, status: unknown): Promise<ErrorGroup>;
}
