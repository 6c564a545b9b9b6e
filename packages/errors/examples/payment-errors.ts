// A catalogue: one file that makes the classes, the problem types, the OpenAPI components and the documentation page.
import { defineErrors } from '@breakwater/errors';

const entries = {
  PAYMENT_FAILED: {
    category: 'business',
    status: 402,
    message: 'Payment of order {orderId} failed: {reason}',
    userMessage: {
      en: 'We are unable to process your payment at this time. Please try again or use a different payment method.',
      de: 'Wir können Ihre Zahlung zurzeit nicht ausführen. Bitte versuchen Sie es erneut oder wählen Sie eine andere Zahlungsart.',
    },
    nextStep: 'Look up the decline code in the payment provider’s dashboard.',
  },
  USER_NOT_FOUND: {
    category: 'permanent',
    status: 404,
    message: 'No user {userId}',
    userMessage: {
      en: 'The requested user account could not be found.',
      de: 'Das Benutzerkonto wurde nicht gefunden.',
    },
  },
  INSUFFICIENT_FUNDS: {
    category: 'business',
    status: 402,
    message: 'The account lacks {missing:number} {currency}',
    userMessage: {
      en: 'The payment could not be completed due to insufficient funds.',
      de: 'Die Zahlung wurde mangels Deckung nicht ausgeführt.',
    },
    publicParams: ['currency'],
  },
  SERVICE_UNAVAILABLE: {
    category: 'systemic',
    status: 503,
    message: '{service} does not answer',
    userMessage: {
      en: 'Our service is temporarily unavailable. Please try again in a few minutes.',
      de: 'Unser Dienst ist vorübergehend nicht erreichbar. Bitte versuchen Sie es in einigen Minuten erneut.',
    },
    retryable: true,
    retryAfterMs: 60_000,
    nextStep: 'Check the health page of the service named in the message.',
  },
  VALIDATION_ERROR: {
    category: 'permanent',
    status: 400,
    message: '{count:integer} fields are invalid',
    userMessage: {
      en: 'The provided information is invalid. Please check your input and try again.',
      de: 'Bitte prüfen Sie Ihre Angaben.',
    },
    publicParams: ['count'],
  },
  RATE_LIMIT_EXCEEDED: {
    category: 'transient',
    status: 429,
    message: 'More than {limit:integer} requests a minute',
    userMessage: {
      en: 'Too many requests. Please wait a moment before trying again.',
      de: 'Zu viele Anfragen. Bitte warten Sie einen Moment.',
    },
    retryAfterMs: 1000,
    publicParams: ['limit'],
  },
  UNAUTHORIZED: {
    category: 'business',
    status: 403,
    message: 'Role {role} may not {action}',
    userMessage: { en: 'You do not have permission to perform this action.', de: 'Dazu fehlt Ihnen die Berechtigung.' },
  },
  INTERNAL_ERROR: {
    category: 'permanent',
    status: 500,
    message: 'Unexpected failure in {operation}',
    userMessage: {
      en: 'An unexpected error occurred. Our team has been notified.',
      de: 'Ein unerwarteter Fehler ist aufgetreten. Unser Team wurde benachrichtigt.',
    },
    nextStep: 'Open the error group with this code and read the newest occurrence.',
  },
} as const;

export const errors: ReturnType<typeof defineErrors<typeof entries>> = defineErrors(entries);

if (import.meta.main)
  for (const { code, definition } of Object.values(errors)) console.log(code, definition.status, definition.category);

// Output:
// PAYMENT_FAILED 402 business
// USER_NOT_FOUND 404 permanent
// INSUFFICIENT_FUNDS 402 business
// SERVICE_UNAVAILABLE 503 systemic
// VALIDATION_ERROR 400 permanent
// RATE_LIMIT_EXCEEDED 429 transient
// UNAUTHORIZED 403 business
// INTERNAL_ERROR 500 permanent
