/** What a client spoke that is not HTTP/1.1, and the reason to give. */
export interface WrongProtocol {
  path: string;
  reason: string;
}

const HTTP2_PREFACE = 'PRI * HTTP/2.0';
const TLS_HANDSHAKE = 0x16;
const GRPC_REASON =
  'gRPC (HTTP/2) was spoken to the OTLP/HTTP port: set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or use an OTLP/HTTP exporter';

export const GRPC_CONTENT_TYPE_REASON: string = GRPC_REASON;

/** Recognises, by the first bytes that the HTTP parser refused, what clients commonly get wrong. */
export function wrongProtocolOf(firstBytes: Buffer): WrongProtocol | null {
  if (firstBytes.toString('latin1', 0, HTTP2_PREFACE.length) === HTTP2_PREFACE) {
    return { path: '(HTTP/2)', reason: GRPC_REASON };
  }
  if (firstBytes[0] === TLS_HANDSHAKE) {
    return { path: '(TLS)', reason: 'TLS was spoken to a port without TLS: use http:// instead of https://' };
  }
  return null;
}
