import type { StackFrame } from '../api/types.ts';

const LIBRARY_PACKAGES = [
  'java.',
  'javax.',
  'jdk.',
  'sun.',
  'com.sun.',
  'jakarta.',
  'kotlin.',
  'kotlinx.',
  'scala.',
  'groovy.',
  'clojure.',
  'android.',
  'androidx.',
  'org.springframework.',
  'org.apache.',
  'org.hibernate.',
  'org.eclipse.',
  'org.jboss.',
  'org.junit.',
  'org.postgresql.',
  'org.slf4j.',
  'io.netty.',
  'io.grpc.',
  'io.micrometer.',
  'io.opentelemetry.',
  'io.quarkus.',
  'io.vertx.',
  'io.smallrye.',
  'reactor.',
  'rx.',
  'io.reactivex.',
  'com.fasterxml.',
  'com.google.common.',
  'com.mysql.',
  'com.zaxxer.',
  'ch.qos.logback.',
  'okhttp3.',
  'okio.',
  'retrofit2.',
];

/**
 * `at [module/]package.Class.method(File.java:42)`, also `(Native Method)` and `(Unknown Source)`. In app: a package
 * that is neither the platform's nor one of the well-known libraries', in a class that was not generated at run time.
 */
export function javaFrame(line: string): StackFrame | undefined {
  const match = /^at ([^\s(]{1,500})\(([^()]{0,300})\)(?:\s*[~[].{0,200})?$/.exec(line);
  if (match === null) return undefined;
  const [, qualified = '', location = ''] = match;
  const source = /^([^:]{1,250}\.[a-z]{1,10}|<generated>)(?::(-?\d{1,9}))?$/.exec(location);
  if (source === null && location !== 'Native Method' && location !== 'Unknown Source') return undefined;
  const name = qualified.slice(qualified.lastIndexOf('/') + 1);
  const number = Number(source?.[2]);
  return {
    function: name,
    file: source?.[1] ?? '',
    line: number > 0 ? number : null,
    column: null,
    inApp:
      source?.[1] !== '<generated>' &&
      name.includes('.') &&
      !LIBRARY_PACKAGES.some((prefix) => name.startsWith(prefix)),
  };
}
