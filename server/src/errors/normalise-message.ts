/**
 * Messages of one cause differ in what they carry: ids, amounts, addresses, times. `normaliseMessage` replaces those
 * by placeholders. It reads the text once, left to right, without backtracking: linear in its length.
 */

const MAX_OUTPUT_CHARACTERS = 1_000;
const MAX_WORD_CHARACTERS = 2_000;

const UUID = /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$/i;
const DATE_OR_TIME =
  /^(?:\d{4}[-/]\d{2}[-/]\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?|\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?)$/;
const URL_START = /^[a-z][a-z0-9+.-]{0,20}:\/\//i;
const EMAIL = /^[^\s@<>()=]{1,64}@[^\s@<>()]{1,255}\.[a-z]{2,24}$/i;
const IP_V4 = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?(?:\/\d{1,2})?$/;
const IP_V6 = /^(?=[^:]{0,4}:.{0,40}:|::)(?!.*::.*::)(?=.*\d)[0-9a-f:.]{2,45}$/i;
const PATH = /^(?:[a-z]:[\\/]|\\\\|\.{0,2}\/|~\/)[^\s]*[\w)]/i;
const HEX = /^(?:0x[0-9a-f]+|(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}|[0-9a-f]{16,})$/i;
const NUMBER = /^[+-]?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?(%|[a-zµ]{1,3})?$/i;
const PIECES = /[^\-_.:/#@+=~\\$]+|[-_.:/#@+=~\\$]+/g;
const QUOTES = '"\'`';
const BREAKS = ' \t\n\r\v\f\u00a0()[]{}<>,;|"`';
const TRAILING = ".:'?!";
const DAY_OR_MONTH = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)$/;
const DATE_GOES_ON = /^,? (?:\d|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/;

/** The message for people: what varies is an ellipsis. */
export function messageTemplate(message: string): string {
  return normaliseMessage(message).replaceAll(/<(?:str|url|path|email|uuid|time|ip|hex|id|num)>/g, '…');
}

/**
 * The message with placeholders for what varies: `<str>` in quotes, `<url>`, `<path>`, `<email>`, `<uuid>`, `<time>`,
 * `<ip>`, `<hex>`, `<id>` and `<num>` (a unit stays: `<num>ms`). White space becomes single blanks; a run of equal
 * placeholders, such as a list of ids, becomes one. The result is cut after 1,000 characters.
 *
 * Codes that begin with letters and go on with digits (`P2002`, `E11000`, `http2`) stay, as they name a kind of error.
 */
export function normaliseMessage(message: string): string {
  const out: string[] = [];
  const noFurther = new Set<string>();
  let length = 0;
  let position = 0;
  const emit = (text: string): void => {
    const last = out.length - 1;
    if (text.startsWith('<') && text.length > 1) {
      const gap = out[last] ?? '';
      if (text === gap) return;
      if ((gap === ' ' || gap === ', ' || gap === ',') && out[last - 1] === text) {
        out.pop();
        return;
      }
    }
    if ((text === ' ' || text === ',') && out[last] === ',') {
      if (text === ' ') out[last] = ', ';
      return;
    }
    if (text === ' ' && (last < 0 || out[last]?.endsWith(' '))) return;
    out.push(text);
    length += text.length;
  };

  while (position < message.length && length < MAX_OUTPUT_CHARACTERS) {
    const character = message.charAt(position);
    if (QUOTES.includes(character) && opensQuote(message, position, character)) {
      const end = noFurther.has(character) ? -1 : closingQuote(message, position, character);
      if (end >= 0) {
        emit(`${character}<str>${character}`);
        position = end + 1;
        continue;
      }
      noFurther.add(character);
    }
    if (BREAKS.includes(character)) {
      emit(character.trim() === '' ? ' ' : character);
      position += 1;
      continue;
    }
    const start = position;
    position += 1;
    while (position < message.length && !BREAKS.includes(message.charAt(position))) position += 1;
    const word = message.slice(start, position);
    if (word.length > MAX_WORD_CHARACTERS) emit('<id>');
    else if (DAY_OR_MONTH.test(word) && DATE_GOES_ON.test(message.slice(position, position + 5))) emit('<time>');
    else normaliseWord(word, emit);
  }
  return out.join('').trim().slice(0, MAX_OUTPUT_CHARACTERS);
}

/** An apostrophe inside a word (`can't`) opens nothing. */
function opensQuote(message: string, position: number, quote: string): boolean {
  return quote !== "'" || position === 0 || !/\w/.test(message.charAt(position - 1));
}

function closingQuote(message: string, start: number, quote: string): number {
  for (let at = start + 1; at < message.length; at += 1) {
    const character = message.charAt(at);
    if (character === '\\') at += 1;
    else if (character === quote && (quote !== "'" || !/\w/.test(message.charAt(at + 1)))) return at;
  }
  return -1;
}

function normaliseWord(word: string, emit: (text: string) => void): void {
  // By hand: a regular expression anchored at the end would be tried from every position.
  let coreLength = word.length;
  while (coreLength > 0 && TRAILING.includes(word.charAt(coreLength - 1))) coreLength -= 1;
  const core = word.slice(0, coreLength);
  const trailing = word.slice(coreLength);
  const whole = wholeWord(core);
  if (whole !== undefined) {
    for (const text of whole) emit(text);
  } else {
    // key=value: the key stays, the value is looked at on its own.
    const equals = core.indexOf('=');
    const key = equals > 0 ? core.slice(0, equals) : '';
    const value = equals > 0 ? wholeWord(core.slice(equals + 1)) : undefined;
    if (value === undefined) emitPieces(core, emit);
    else {
      emitPieces(key, emit);
      emit('=');
      for (const text of value) emit(text);
    }
  }
  if (trailing !== '') emit(trailing);
}

function emitPieces(word: string, emit: (text: string) => void): void {
  for (const [piece] of word.matchAll(PIECES)) for (const text of wholePiece(piece)) emit(text);
}

function wholeWord(word: string): string[] | undefined {
  if (UUID.test(word)) return ['<uuid>'];
  if (DATE_OR_TIME.test(word)) return ['<time>'];
  if (IP_V4.test(word) || (word.length <= 45 && IP_V6.test(word))) return ['<ip>'];
  if (URL_START.test(word)) return ['<url>'];
  if (EMAIL.test(word)) return ['<email>'];
  const number = NUMBER.exec(word);
  if (number !== null) return number[1] === undefined ? ['<num>'] : ['<num>', number[1]];
  if (HEX.test(word)) return ['<hex>'];
  if (PATH.test(word)) return ['<path>'];
  return undefined;
}

function wholePiece(piece: string): string[] {
  const number = NUMBER.exec(piece);
  if (number !== null) return number[1] === undefined ? ['<num>'] : ['<num>', number[1]];
  if (HEX.test(piece)) return ['<hex>'];
  return looksRandom(piece) ? ['<id>'] : [piece];
}

/** Letters and digits in turn, as in `Nx92k3LmQ4`: an id, not a word. */
function looksRandom(piece: string): boolean {
  if (piece.length < 10 || !/^[a-z0-9]+$/i.test(piece)) return false;
  let turns = 0;
  for (let at = 1; at < piece.length; at += 1) {
    if (isDigit(piece.charCodeAt(at)) !== isDigit(piece.charCodeAt(at - 1))) turns += 1;
  }
  return turns >= 3;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
