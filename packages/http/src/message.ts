/** What the edge reads of a request, whatever the framework. */
export interface EdgeRequest {
  readonly method: string;
  /** Path and query as received. */
  readonly target: string;
  /** The peer's address. */
  readonly remoteAddress: string | undefined;
  /** A header field by its lower-case name; fields sent twice are joined by `, `. */
  header(name: string): string | undefined;
}

/** A complete response. Header names are in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The part of Node's `IncomingMessage` that is read. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly socket: { readonly remoteAddress?: string | undefined } | null;
}

/** The view of a Node request that the edge reads. `target`: where a framework has changed `url`. */
export function fromNodeRequest(request: NodeRequest, target: string = request.url ?? '/'): EdgeRequest {
  return new NodeEdgeRequest(request, target);
}

class NodeEdgeRequest implements EdgeRequest {
  readonly method: string;
  readonly target: string;
  readonly remoteAddress: string | undefined;
  readonly #headers: NodeRequest['headers'];

  constructor(request: NodeRequest, target: string) {
    this.method = request.method ?? 'GET';
    this.target = target;
    this.remoteAddress = request.socket?.remoteAddress;
    this.#headers = request.headers;
  }

  header(name: string): string | undefined {
    const value = Object.hasOwn(this.#headers, name) ? this.#headers[name] : undefined;
    return Array.isArray(value) ? value.join(', ') : value;
  }
}

/** A JSON answer. */
export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}
