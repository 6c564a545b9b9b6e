import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { QueryOutput } from './session-pool.ts';
import { StatementError } from './statement.ts';

/** What goes back for one request, with ClickHouse's headers. The first call decides; later ones are ignored. */
export interface Answer {
  text(status: number, body: string): void;
  /** `written`: it was an insert. */
  output(output: QueryOutput, written: boolean): void;
  error(error: unknown): void;
}

export function createAnswer(response: ServerResponse, queryId: string): Answer {
  response.setHeader('X-ClickHouse-Query-Id', queryId === '' ? randomUUID() : queryId.replace(/[^\x20-\x7e]/g, '?'));
  response.setHeader('X-ClickHouse-Server-Display-Name', 'breakwater-embedded');
  response.setHeader('X-ClickHouse-Timezone', 'UTC');
  const send = (status: number, body: string | Uint8Array): void => {
    if (!response.headersSent) {
      response.statusCode = status;
      response.setHeader('Content-Length', Buffer.byteLength(body));
      response.end(body);
    }
  };
  return {
    text(status, body) {
      response.setHeader('Content-Type', 'text/html; charset=UTF-8');
      send(status, body);
    },
    output(output, written) {
      // chDB tells only the rows of the result, or of the file an insert read. Format JSON has real statistics.
      const [rows, bytes] = [`${output.rowsRead}`, `${output.bytesRead}`];
      const summary = {
        read_rows: '0',
        read_bytes: '0',
        written_rows: written ? rows : '0',
        written_bytes: written ? bytes : '0',
        total_rows_to_read: '0',
        result_rows: written ? '0' : rows,
        result_bytes: written ? '0' : bytes,
        elapsed_ns: `${Math.round(output.elapsedSeconds * 1e9)}`,
      };
      response.setHeader('X-ClickHouse-Summary', JSON.stringify(summary));
      response.setHeader('Content-Type', 'application/octet-stream');
      send(200, output.bytes);
    },
    error(error) {
      const { code, message } = describe(error);
      response.setHeader('X-ClickHouse-Exception-Code', `${code}`);
      response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
      send(httpStatus(code), `${message}\n`);
    },
  };
}

/** The text a ClickHouse server answers: `Code: 60. DB::Exception: … (UNKNOWN_TABLE)`. */
function describe(error: unknown): { code: number; message: string } {
  if (error instanceof StatementError) {
    const { clickhouseCode, type, message } = error;
    return { code: clickhouseCode, message: `Code: ${clickhouseCode}. DB::Exception: ${message}. (${type})` };
  }
  const system = (error as NodeJS.ErrnoException | null)?.code;
  if (system === 'ENOSPC' || system === 'EDQUOT') {
    return { code: 243, message: `Code: 243. DB::Exception: No space for the body: ${system}. (NOT_ENOUGH_SPACE)` };
  }
  if (typeof system === 'string' && system.startsWith('Z_')) {
    return {
      code: 354,
      message: `Code: 354. DB::Exception: Cannot decompress the body: ${system}. (ZLIB_INFLATE_FAILED)`,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  const code = Number(/Code: (\d+)/.exec(message)?.[1] ?? 1002);
  return {
    code,
    message: message.startsWith('Code: ') ? message : `Code: ${code}. DB::Exception: ${message}. (UNKNOWN_EXCEPTION)`,
  };
}

function httpStatus(code: number): number {
  switch (code) {
    case 516:
      return 403;
    case 62:
    case 456:
    case 457:
      return 400;
    case 46:
    case 47:
    case 60:
    case 81:
    case 115:
      return 404;
    case 307:
      return 413;
    case 48:
      return 501;
    default:
      return 500;
  }
}
