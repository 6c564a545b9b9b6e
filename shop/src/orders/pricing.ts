import { isFaultActive } from '../faults/active.ts';
import { ShopError } from '../shop-error.ts';

interface Price {
  readonly unitMinor: number;
  readonly currency: string;
}

const PRICES: Readonly<Record<string, Price>> = {
  'lamp-01': { unitMinor: 4_900, currency: 'EUR' },
  'chair-07': { unitMinor: 12_900, currency: 'EUR' },
  'desk-12': { unitMinor: 39_900, currency: 'EUR' },
  'shelf-03': { unitMinor: 8_900, currency: 'EUR' },
};

export const SKUS: readonly string[] = Object.keys(PRICES);

export function priceOf(sku: string, quantity: number): { totalMinor: number; currency: string } {
  if (!SKUS.includes(sku))
    throw new ShopError('UnknownSkuError', 'UNKNOWN_SKU', 422, `No article has the number "${sku}"`);
  const price = PRICES[isFaultActive('orders-throws') ? 'renamed-by-a-deploy' : sku];
  return { totalMinor: price!.unitMinor * quantity, currency: price!.currency };
}
