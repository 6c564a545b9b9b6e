import { type Rule, type RulePack, words } from '../pack.ts';

// Every code of Stripe's table of declines, and what each is to a machine.
const declines: readonly (readonly [reason: string, codes: string])[] = [
  ['insufficient-funds', 'insufficient_funds'],
  ['card-expired', 'expired_card invalid_expiry_month invalid_expiry_year'],
  [
    'card-invalid',
    'incorrect_number invalid_number incorrect_cvc invalid_cvc incorrect_zip incorrect_pin invalid_pin incorrect_address invalid_account invalid_amount new_account_information_available',
  ],
  [
    'card-unsupported',
    'card_not_supported currency_not_supported not_permitted service_not_allowed transaction_not_allowed restricted_card offline_pin_required online_or_offline_pin_required',
  ],
  ['fraud-suspected', 'fraudulent lost_card stolen_card pickup_card merchant_blacklist security_violation'],
  [
    'authentication-required',
    'authentication_required authentication_not_handled mobile_device_authentication_required',
  ],
  ['limit-exceeded', 'card_velocity_exceeded withdrawal_count_limit_exceeded pin_try_exceeded'],
  ['already-processed', 'duplicate_transaction'],
  [
    'processor-unavailable',
    'issuer_not_available processing_error reenter_transaction try_again_later approve_with_id',
  ],
  [
    'declined',
    'call_issuer do_not_honor do_not_try_again generic_decline no_action_taken revocation_of_all_authorizations revocation_of_authorization stop_payment_order live_mode_test_card test_mode_live_card invalid_merchant highest_risk_level elevated_risk_level testmode_decline',
  ],
];

const requestCodes: readonly (readonly [reason: string, codes: string])[] = [
  ['not-found', 'resource_missing'],
  [
    'already-processed',
    'charge_already_captured charge_already_refunded charge_disputed payment_intent_unexpected_state setup_intent_unexpected_state',
  ],
  ['already-exists', 'resource_already_exists'],
  ['limit-exceeded', 'amount_too_large amount_too_small balance_insufficient'],
  ['serialization-failure', 'lock_timeout'],
  ['rate-limited', 'rate_limit'],
  [
    'account-restricted',
    'account_closed account_invalid payouts_not_allowed charges_disabled transfers_not_allowed country_unsupported',
  ],
  [
    'credentials-rejected',
    'api_key_expired secret_key_required platform_api_key_expired testmode_charges_only livemode_mismatch',
  ],
  ['tls-failed', 'tls_version_unsupported'],
  [
    'invalid-input',
    'email_invalid postal_code_invalid phone_number_invalid url_invalid invalid_tax_id tax_id_invalid coupon_expired',
  ],
  ['idempotency-conflict', 'idempotency_key_in_use'],
];

// A card decline's message is written for the payer; nothing else of Stripe's is.
const toPayer = { exposeMessage: true } as const;

/** Stripe by class, decline code and error code. `Stripe-Should-Retry` is a hint and comes first. */
export const stripe: RulePack = {
  domain: 'stripe',
  title: 'Stripe',
  sources: [
    'https://docs.stripe.com/declines/codes',
    'https://docs.stripe.com/error-codes',
    'https://docs.stripe.com/error-handling?lang=node',
  ],
  rules: [
    ...declines.flatMap(([is, codes]): Rule[] => [
      {
        when: { type: ['StripeCardError', 'card_error'], decline_code: words(codes) },
        is,
        codeAt: 'decline_code',
        ...(is === 'fraud-suspected' ? {} : { but: toPayer }),
      },
      {
        when: { type: ['StripeCardError', 'card_error'], code: words(codes) },
        is,
        ...(is === 'fraud-suspected' ? {} : { but: toPayer }),
      },
    ]),
    { when: { type: ['StripeCardError', 'card_error'] }, is: 'declined', codeAt: 'code', but: toPayer },
    ...requestCodes.map(
      ([is, codes]): Rule => ({
        when: { type: ['StripeInvalidRequestError', 'invalid_request_error'], code: words(codes) },
        is,
      }),
    ),
    { when: { type: 'StripeInvalidRequestError' }, is: 'request-rejected' },
    { when: { type: 'StripeAPIError' }, is: 'server-error' },
    { when: { type: 'StripeConnectionError' }, is: 'connection-lost' },
    { when: { type: 'StripeAuthenticationError' }, is: 'credentials-rejected' },
    { when: { type: 'StripePermissionError' }, is: 'permission-denied' },
    { when: { type: 'StripeRateLimitError' }, is: 'rate-limited' },
    { when: { type: 'StripeIdempotencyError' }, is: 'idempotency-conflict' },
    { when: { type: 'StripeSignatureVerificationError' }, is: 'token-invalid', but: { httpStatus: 400, alert: true } },
    { when: { type: 'StripeInvalidGrantError' }, is: 'credentials-rejected' },
    { when: { type: 'TemporarySessionExpiredError' }, is: 'token-expired' },
  ],
};
