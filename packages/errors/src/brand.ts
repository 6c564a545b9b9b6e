/** Marks the errors of this library across realms and across copies of the package. */
export const ERROR_BRAND: unique symbol = Symbol.for('@breakwater/error');
