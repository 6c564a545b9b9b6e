import type { ReceiverType } from '../api/types.ts';
import type { ReceiverProtocol } from './notification.ts';
import { pagerduty } from './pagerduty.ts';
import { webhook } from './webhook.ts';

/** Every kind of receiver. */
export const PROTOCOLS: Readonly<Record<ReceiverType, ReceiverProtocol>> = { webhook, pagerduty };
