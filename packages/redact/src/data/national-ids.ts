import * as check from '../text/check-digits.ts';

/** How an identifier is written, and what proves it. */
export interface NationalId {
  readonly id: string;
  readonly country: string;
  readonly name: string;
  /**
   * The form: `9` a digit, `A` an upper-case letter, `X` a letter or digit, `?` before a separator makes it optional,
   * and anything else stands for itself.
   */
  readonly form: string;
  /** Given the letters and digits without separators. */
  readonly accepts: (text: string) => boolean;
  /** In words, for the documentation. */
  readonly proof: string;
}

function row(
  id: string,
  country: string,
  name: string,
  form: string,
  proof: string,
  accepts: (text: string) => boolean,
): NationalId {
  return { id, country, name, form, proof, accepts };
}

/**
 * Identifiers that are recognised without a name in front, because their form or check digits leave little room for
 * chance. Bare runs of digits with one check digit (PESEL, BSN, Steuer-ID, SIN, TFN, Aadhaar in one word, …) are taken
 * only under a name, by the `national-id` names of the key table.
 */
export const NATIONAL_IDS: readonly NationalId[] = [
  row('br-cpf', 'Brazil', 'CPF', '999.999.999-99', 'two check digits mod 11', check.cpf),
  row('ch-ahv', 'Switzerland', 'AHV / AVS number', '756.9999.9999.99', 'EAN-13 check digit', check.ean13),
  row('be-rrn', 'Belgium', 'national register number', '99.99.99-999.99', 'mod 97', check.belgian),
  row('fr-nir', 'France', 'NIR', '9? 99? 99? 99? 999? 999? 99', 'date and mod 97', check.nir),
  row('es-dni', 'Spain', 'DNI', '99999999?-A', 'letter mod 23', check.dni),
  row('fi-hetu', 'Finland', 'henkilötunnus', '999999-999X', 'date and check character mod 31', check.hetu),
  row('se-pnr', 'Sweden', 'personnummer', '999999-9999', 'date and Luhn', check.personnummer),
  row('se-pnr-long', 'Sweden', 'personnummer with century', '99999999-9999', 'date and Luhn', check.personnummerLong),
  row('kr-rrn', 'South Korea', 'resident registration number', '999999-9999999', 'date and mod 11', check.rrn),
  row('in-aadhaar', 'India', 'Aadhaar', '9999 9999 9999', 'Verhoeff', check.aadhaar),
  row('cn-rid', 'China', 'resident identity number', '99999999999999999X', 'date and mod 11-2', check.chineseId),
];

/** The same for those that begin with letters; matched where the first digits begin. */
export const LETTERED_IDS: readonly NationalId[] = [
  row(
    'gb-nino',
    'United Kingdom',
    'National Insurance number',
    'AA? 99? 99? 99? A',
    'issued prefixes, suffix A to D',
    check.nino,
  ),
  row('es-nie', 'Spain', 'NIE', 'A?-9999999?-A', 'letter mod 23', check.nie),
  row('it-cf', 'Italy', 'codice fiscale', 'AAAAAA99A99A999A', 'month letter and check character', check.codiceFiscale),
  row('in-pan', 'India', 'PAN', 'AAAAA9999A', 'fourth letter is a holder type', check.pan),
  row('mx-curp', 'Mexico', 'CURP', 'AAAA999999AAAAAAX9', 'date, sex, state and check digit', check.curp),
];
