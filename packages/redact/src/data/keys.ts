import type { DetectorName } from '../types.ts';

/**
 * How much a name alone proves.
 * - `strong`: any value goes, but not a boolean, nothing, or a word of prose (`password: required`).
 * - `medium`: the value must look made by a machine or typed by a careful person: six characters, one of them a digit,
 *   or sixteen of mixed case.
 * - `weak`: the value must be random: sixteen characters, three kinds, high entropy, no UUID, no hash, no path.
 * - `digits`: the value must hold a number that the detector accepts.
 * - `exempt`: a longer name that ends like a secret and is none (`next page token`).
 */
export type Strength = 'strong' | 'medium' | 'weak' | 'digits' | 'exempt';

export interface KeyTerm {
  /** Words in lower case; matched in every spelling, and as the last words of a longer name (`dbPassword`). */
  readonly term: string;
  readonly detector: DetectorName;
  readonly strength: Strength;
  /** Matched even when glued to what stands before it (`userpassword`). */
  readonly glued?: boolean;
}

function terms(detector: DetectorName, strength: Strength, list: string, glued = false): KeyTerm[] {
  return list.split(',').map((term) => ({ term: term.trim(), detector, strength, ...(glued ? { glued } : {}) }));
}

/** Every name that makes its value a suspect. The documentation page is generated from this. */
export const KEY_TERMS: readonly KeyTerm[] = [
  ...terms('secret', 'strong', 'password, passwd, passphrase, pass phrase, passcode, kennwort, passwort', true),
  ...terms(
    'secret',
    'strong',
    'passwords, passwd hash, password hash, password digest, pwd, pass, pgpassword, mysql pwd, secret, secrets, ' +
      'client secret, app secret, consumer secret, shared secret, webhook secret, signing secret, api secret, ' +
      'jwt secret, session secret, cookie secret, totp secret, otp secret, mfa secret, secret value, secret string, ' +
      'credential, credentials, creds, api key, api keys, secret key, private key, access key, account key, shared access key, ' +
      'storage key, subscription key, encryption key, decryption key, signing key, master key, hmac key, ssh key, ' +
      'deploy key, webhook key, functions key, license key, service key, service role key, admin key, root key, ' +
      'primary access key, secret access key, aws secret access key, shared access signature, ' +
      'access token, refresh token, id token, auth token, api token, bearer token, session token, security token, ' +
      'oauth token, csrf token, xsrf token, reset token, verification token, invite token, personal access token, ' +
      'private token, deploy token, bot token, device token, registration token, push token, service token, ' +
      'user token, jwt token, login token, magic link token, activation token, vault token, client token, ' +
      'x auth token, x vault token, x amz security token, x csrf token, x xsrf token, x api key, x functions key, ' +
      'ocp apim subscription key, x goog api key, x gitlab token, dd api key, x honeycomb team, ' +
      'client assertion, saml response, code verifier, mnemonic, seed phrase, recovery code, recovery codes, ' +
      'recovery phrase, backup codes, otp, otp code, totp, one time code, one time password, mfa code, pin, pin code, ' +
      'card pin, session cookie, connect sid, jsessionid, phpsessid, asp net session id, laravel session, ' +
      'x amz signature, x goog signature, sas token, keystore password, security answer, secret answer',
  ),
  ...terms(
    'secret',
    'medium',
    'token, tokens, jwt, passkey, x amz credential, connection string, conn str, dsn, identified by',
  ),
  ...terms(
    'secret',
    'weak',
    'key, auth, sig, signature, session, sid, code, nonce secret, salt, credential id, state token, ticket',
  ),
  ...terms(
    'secret',
    'exempt',
    'next token, page token, next page token, continuation token, sync token, cancellation token, cancel token, ' +
      'unexpected token, token type, public key, partition key, primary key, foreign key, sort key, cache key, ' +
      'routing key, idempotency key, object key, unique key, composite key, shard key, key id, error code, ' +
      'status code, exit code, country code, currency code, zip code, http code, postal code, reason code, ' +
      'response code, public token, mask token, lock token, fencing token, resume token, ' +
      'secret name, secret id, secret arn, password policy, boarding pass, by pass, multi pass, one pass, first pass, ' +
      'second pass, single pass, two pass',
  ),
  ...terms('authorization', 'strong', 'authorization, proxy authorization, x authorization, authorisation'),
  ...terms('cookie', 'strong', 'cookie, cookies, set cookie, cookie2, set cookie2'),
  ...terms(
    'cvv',
    'digits',
    'cvv, cvv2, cvc, cvc2, csc, cvn, cid code, card code, security code, card verification value, card verification code, card security code, verification value',
  ),
  ...terms('ssn', 'digits', 'ssn, social security number, social security, ssn number, social security no, us ssn'),
  ...terms('iban', 'digits', 'iban'),
  ...terms(
    'national-id',
    'digits',
    'national id, national identity number, national insurance number, nino, ni number, tax id, tax number, steuer id, ' +
      'steuerliche identifikationsnummer, idnr, steueridentifikationsnummer, cpf, pesel, bsn, burgerservicenummer, aadhaar, aadhar, uidai, ' +
      'personnummer, fodselsnummer, sin, social insurance number, tfn, tax file number, resident id, rrn, nir, ' +
      'numero de securite sociale, dni, nie, codice fiscale, pan number, pan card, hetu, cpr, ahv, ahv number, ' +
      'rijksregisternummer, registre national, national number, personal id, personal number, id number, identity number',
  ),
  ...terms(
    'phone',
    'digits',
    'phone, phones, phone number, telephone, tel, mobile, mobile number, mobile phone, cell, cell phone, msisdn, ' +
      'fax, fax number, contact number, telefon, handy, home phone, work phone, whatsapp, sms to',
  ),
  ...terms(
    'card',
    'digits',
    'card number, card no, credit card, credit card number, debit card, cc number, cardnumber, pan, primary account number, account number card',
  ),
  ...terms(
    'person',
    'strong',
    'first name, last name, full name, given name, family name, surname, middle name, maiden name, birth name, ' +
      'customer name, cardholder name, cardholder, card holder, account holder, date of birth, birth date, birthdate, birthday, dob, ' +
      'street, street address, address line, address line 1, address line 2, home address, postal address, ' +
      'shipping address, billing address, postcode, postal code, zip code, zip, place of birth, passport, passport number, ' +
      'driver license, drivers license, driving licence, license number, licence plate, license plate, gender, religion, ethnicity, ' +
      'latitude, longitude, geolocation, biometric, fingerprint template, face id',
  ),
  ...terms(
    'health',
    'strong',
    'patient name, patient, patient id, mrn, medical record number, medical record, health plan number, ' +
      'health plan beneficiary, beneficiary number, insurance id, insurance number, member id, policy number, ' +
      'diagnosis, diagnoses, icd code, icd10, medication, prescription, treatment, allergies, blood type, ' +
      'admission date, discharge date, date of death, device serial, device identifier, vin, vehicle id, ' +
      'certificate number, account number, npi',
  ),
];

/** Every spelling of a term as literals for the automaton: each gap with a separator or without. */
export function spellings(term: string): string[] {
  let result = [''];
  for (const [index, word] of term.split(' ').entries()) {
    result = index === 0 ? [word] : result.flatMap((head) => [`${head}_${word}`, `${head}${word}`]);
  }
  return result;
}
