export { toOtlpJson } from './otlp/json.ts';
export { toOtlpProtobuf } from './otlp/protobuf.ts';
export { type OtlpOptions, otlpSink } from './sinks/otlp.ts';
