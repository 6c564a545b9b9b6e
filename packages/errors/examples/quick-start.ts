import { classify, defineErrors, fromProblem, toProblem } from '@breakwater/errors';

const errors = defineErrors({
  OUT_OF_STOCK: {
    category: 'business',
    status: 409,
    message: '{sku} is sold out, {left:integer} left',
    userMessage: { en: 'Only {left} left.', de: 'Nur noch {left} verfügbar.' },
    publicParams: ['left'],
  },
});

// On the server: throw it, and answer with a problem document.
const error = new errors.OUT_OF_STOCK({ sku: 'A-1', left: 2 });
const { status, body } = toProblem(error, { acceptLanguage: 'de' });
console.log(error.message, '|', status, body.code, body.detail);

// On the client: the same typed error again.
const received = fromProblem(body, { types: errors, status });
if (errors.OUT_OF_STOCK.is(received)) console.log('left:', received.params.left);

// Anything at all: what it is and what to do.
const failure = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
const verdict = classify(new Error('could not save', { cause: failure }));
console.log(verdict.reason, verdict.category, verdict.retryable, verdict.outcome, 'found at:', verdict.evidence.at);

// Output:
// A-1 is sold out, 2 left | 409 OUT_OF_STOCK Nur noch 2 verfügbar.
// left: 2
// connection-refused transient true not-applied found at: cause
