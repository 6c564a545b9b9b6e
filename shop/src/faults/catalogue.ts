/** The faults that can be switched on. The name is stable: command line, control port and page use it. */
export const FAULTS = [
  {
    name: 'payment-provider-timeout',
    title: 'Payment provider times out',
    description: 'The payment provider accepts connections and does not answer, so every charge runs into its timeout.',
  },
  {
    name: 'orders-throws',
    title: 'Orders throws',
    description: 'The orders service reads a property of undefined while it prices an order, as after a bad deploy.',
  },
  {
    name: 'slow-database',
    title: 'Slow database',
    description: 'Every query of the orders database waits for 1 to 2 seconds, as behind a lock.',
  },
] as const;

export type FaultName = (typeof FAULTS)[number]['name'];

export function isFaultName(value: unknown): value is FaultName {
  return FAULTS.some((fault) => fault.name === value);
}
