/** Public code, title and text for end users of one status. */
export interface StatusText {
  readonly code: string;
  readonly title: string;
}

// What a caller may be told about a failure that has no catalogue entry: the status, and nothing of the cause.
const byStatus: Readonly<Record<number, StatusText>> = {
  400: { code: 'INVALID_REQUEST', title: 'Invalid request' },
  401: { code: 'UNAUTHENTICATED', title: 'Sign-in required' },
  402: { code: 'PAYMENT_REFUSED', title: 'Payment refused' },
  403: { code: 'FORBIDDEN', title: 'Not allowed' },
  404: { code: 'NOT_FOUND', title: 'Not found' },
  405: { code: 'METHOD_NOT_ALLOWED', title: 'Method not allowed' },
  408: { code: 'REQUEST_TIMEOUT', title: 'Request took too long' },
  409: { code: 'CONFLICT', title: 'Conflict with the current state' },
  412: { code: 'PRECONDITION_FAILED', title: 'Precondition failed' },
  413: { code: 'PAYLOAD_TOO_LARGE', title: 'Request too large' },
  415: { code: 'UNSUPPORTED_MEDIA_TYPE', title: 'Type of content not supported' },
  422: { code: 'UNPROCESSABLE', title: 'Request cannot be processed' },
  423: { code: 'LOCKED', title: 'Locked' },
  429: { code: 'TOO_MANY_REQUESTS', title: 'Too many requests' },
  451: { code: 'LEGALLY_BLOCKED', title: 'Blocked for legal reasons' },
  499: { code: 'CANCELLED', title: 'Cancelled by the client' },
  500: { code: 'INTERNAL_ERROR', title: 'Internal error' },
  501: { code: 'NOT_SUPPORTED', title: 'Not supported' },
  502: { code: 'UPSTREAM_FAILED', title: 'A service behind this one failed' },
  503: { code: 'SERVICE_UNAVAILABLE', title: 'Service unavailable' },
  504: { code: 'UPSTREAM_TIMEOUT', title: 'A service behind this one took too long' },
};

/** The public code and title of a status. */
export function statusText(status: number): StatusText {
  return byStatus[status] ?? (status >= 500 ? byStatus[500]! : byStatus[400]!);
}

/** Texts for end users, per public code; `*` is the rest. */
export type UserTexts = Readonly<Record<string, string>>;

/** The built-in texts for end users, per language. */
export const userTexts: Readonly<Record<string, UserTexts>> = {
  en: {
    INVALID_REQUEST: 'The information provided is not valid. Please check it and try again.',
    UNAUTHENTICATED: 'Please sign in and try again.',
    PAYMENT_REFUSED: 'The payment could not be completed. Please try another payment method.',
    FORBIDDEN: 'You do not have permission to do this.',
    NOT_FOUND: 'What you are looking for does not exist.',
    CONFLICT: 'This has changed in the meantime. Please reload and try again.',
    PAYLOAD_TOO_LARGE: 'What you sent is too large.',
    TOO_MANY_REQUESTS: 'Too many requests. Please wait a moment and try again.',
    SERVICE_UNAVAILABLE: 'The service is not available at the moment. Please try again in a few minutes.',
    UPSTREAM_TIMEOUT: 'This takes longer than expected. Please check whether it worked before you try again.',
    INTERNAL_ERROR: 'Something went wrong on our side. Please try again later.',
    '*': 'The request could not be completed.',
  },
  de: {
    INVALID_REQUEST: 'Die Angaben sind nicht gültig. Bitte prüfen Sie sie und versuchen Sie es erneut.',
    UNAUTHENTICATED: 'Bitte melden Sie sich an und versuchen Sie es erneut.',
    PAYMENT_REFUSED: 'Die Zahlung konnte nicht ausgeführt werden. Bitte wählen Sie eine andere Zahlungsart.',
    FORBIDDEN: 'Dazu fehlt Ihnen die Berechtigung.',
    NOT_FOUND: 'Das Gesuchte gibt es nicht.',
    CONFLICT: 'Das wurde inzwischen geändert. Bitte laden Sie neu und versuchen Sie es erneut.',
    PAYLOAD_TOO_LARGE: 'Die gesendeten Daten sind zu groß.',
    TOO_MANY_REQUESTS: 'Zu viele Anfragen. Bitte warten Sie einen Moment.',
    SERVICE_UNAVAILABLE: 'Der Dienst ist zurzeit nicht erreichbar. Bitte versuchen Sie es in einigen Minuten erneut.',
    UPSTREAM_TIMEOUT: 'Das dauert länger als erwartet. Bitte prüfen Sie vor einem neuen Versuch, ob es geklappt hat.',
    INTERNAL_ERROR: 'Bei uns ist ein Fehler aufgetreten. Bitte versuchen Sie es später erneut.',
    '*': 'Die Anfrage konnte nicht ausgeführt werden.',
  },
  fr: {
    INVALID_REQUEST: 'Les informations fournies ne sont pas valides. Veuillez les vérifier et réessayer.',
    UNAUTHENTICATED: 'Veuillez vous connecter et réessayer.',
    PAYMENT_REFUSED: "Le paiement n'a pas pu être effectué. Veuillez choisir un autre moyen de paiement.",
    FORBIDDEN: "Vous n'avez pas l'autorisation nécessaire.",
    NOT_FOUND: "Ce que vous cherchez n'existe pas.",
    CONFLICT: 'Ceci a changé entre-temps. Veuillez recharger et réessayer.',
    PAYLOAD_TOO_LARGE: 'Les données envoyées sont trop volumineuses.',
    TOO_MANY_REQUESTS: 'Trop de demandes. Veuillez patienter un instant.',
    SERVICE_UNAVAILABLE: "Le service n'est pas disponible pour le moment. Veuillez réessayer dans quelques minutes.",
    UPSTREAM_TIMEOUT: "L'opération prend plus de temps que prévu. Vérifiez si elle a abouti avant de réessayer.",
    INTERNAL_ERROR: "Une erreur s'est produite de notre côté. Veuillez réessayer plus tard.",
    '*': "La demande n'a pas pu être traitée.",
  },
  es: {
    INVALID_REQUEST: 'Los datos no son válidos. Compruébelos e inténtelo de nuevo.',
    UNAUTHENTICATED: 'Inicie sesión e inténtelo de nuevo.',
    PAYMENT_REFUSED: 'No se pudo realizar el pago. Pruebe con otro medio de pago.',
    FORBIDDEN: 'No tiene permiso para hacer esto.',
    NOT_FOUND: 'Lo que busca no existe.',
    CONFLICT: 'Esto ha cambiado entretanto. Recargue e inténtelo de nuevo.',
    PAYLOAD_TOO_LARGE: 'Los datos enviados son demasiado grandes.',
    TOO_MANY_REQUESTS: 'Demasiadas solicitudes. Espere un momento.',
    SERVICE_UNAVAILABLE: 'El servicio no está disponible en este momento. Inténtelo de nuevo en unos minutos.',
    UPSTREAM_TIMEOUT: 'Está tardando más de lo previsto. Compruebe si ha funcionado antes de intentarlo de nuevo.',
    INTERNAL_ERROR: 'Se ha producido un error por nuestra parte. Inténtelo más tarde.',
    '*': 'No se pudo completar la solicitud.',
  },
};

/**
 * The best of `available` for an `Accept-Language` value, by RFC 4647 lookup (`de-CH` finds `de`) in order of weight;
 * `fallback` when none fits. Reads at most 20 ranges; never throws.
 */
export function pickLocale(acceptLanguage: string | undefined, available: readonly string[], fallback: string): string {
  if (typeof acceptLanguage !== 'string') return fallback;
  const lower = new Map(available.map((tag) => [tag.toLowerCase(), tag]));
  const ranges = acceptLanguage
    .slice(0, 500)
    .split(',', 20)
    .map((entry) => {
      const [range = '', ...parameters] = entry.trim().toLowerCase().split(';');
      const weight = parameters.find((parameter) => parameter.trim().startsWith('q='));
      return { range: range.trim(), weight: weight === undefined ? 1 : Number(weight.trim().slice(2)) };
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight);
  for (const { range } of ranges) {
    for (let tag = range; tag !== ''; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))) {
      const found = lower.get(tag);
      if (found !== undefined) return found;
    }
  }
  return fallback;
}
