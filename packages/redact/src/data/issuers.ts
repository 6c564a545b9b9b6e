/** A range of issuer identification numbers (ISO/IEC 7812) and the lengths its card numbers have. */
export interface Issuer {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  /** Digits of `from` and `to`. */
  readonly width: number;
  readonly lengths: readonly number[];
}

function issuer(id: string, from: number, to: number, ...lengths: number[]): Issuer {
  return { id, from, to, width: String(from).length, lengths };
}

/** Sorted from narrow to broad where ranges touch. The documentation page is generated from this. */
export const ISSUERS: readonly Issuer[] = [
  issuer('elo', 401178, 401179, 16),
  issuer('elo', 438935, 438935, 16),
  issuer('elo', 504175, 504175, 16),
  issuer('elo', 506699, 506778, 16),
  issuer('elo', 509000, 509999, 16),
  issuer('elo', 627780, 627780, 16),
  issuer('elo', 636297, 636368, 16),
  issuer('elo', 650031, 650051, 16),
  issuer('hipercard', 606282, 606282, 13, 16, 19),
  issuer('maestro', 5018, 5018, 12, 13, 14, 15, 16, 17, 18, 19),
  issuer('maestro', 5020, 5020, 12, 13, 14, 15, 16, 17, 18, 19),
  issuer('maestro', 5038, 5038, 12, 13, 14, 15, 16, 17, 18, 19),
  issuer('maestro', 5893, 5893, 12, 13, 14, 15, 16, 17, 18, 19),
  issuer('maestro', 6304, 6304, 12, 13, 14, 15, 16, 17, 18, 19),
  issuer('maestro', 6759, 6759, 12, 13, 14, 15, 16, 17, 18, 19),
  issuer('maestro', 6761, 6763, 12, 13, 14, 15, 16, 17, 18, 19),
  issuer('dankort', 5019, 5019, 16),
  issuer('uzcard', 8600, 8600, 16),
  issuer('humo', 9860, 9860, 16),
  issuer('troy', 9792, 9792, 16),
  issuer('verve', 506099, 506198, 16, 18, 19),
  issuer('verve', 650002, 650027, 16, 18, 19),
  issuer('rupay', 508500, 508999, 16),
  issuer('rupay', 606985, 607984, 16),
  issuer('rupay', 608001, 608500, 16),
  issuer('rupay', 652150, 653149, 16),
  issuer('mir', 2200, 2204, 16, 17, 18, 19),
  issuer('visa', 4, 4, 16, 19),
  issuer('mastercard', 51, 55, 16),
  issuer('mastercard', 2221, 2720, 16),
  issuer('amex', 34, 34, 15),
  issuer('amex', 37, 37, 15),
  issuer('diners', 300, 305, 14, 16, 19),
  issuer('diners', 3095, 3095, 14, 16, 19),
  issuer('diners', 36, 36, 14, 16, 19),
  issuer('diners', 38, 39, 14, 16, 19),
  issuer('jcb', 3528, 3589, 16, 17, 18, 19),
  issuer('discover', 6011, 6011, 16, 19),
  issuer('discover', 644, 649, 16, 19),
  issuer('discover', 65, 65, 16, 19),
  issuer('unionpay', 62, 62, 16, 17, 18, 19),
];
