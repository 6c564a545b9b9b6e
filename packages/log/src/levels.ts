/** Thresholds by module name. That of '' must be set first. */
export class Levels {
  readonly #thresholds = new Map<string, number>();
  /** How often one was changed: who has asked before asks again when it is another number. */
  changes = 0;

  set(module: string, severity: number): void {
    this.#thresholds.set(module, severity);
    this.changes++;
  }

  /** That of the longest prefix of whole dotted words that has one; '' has one always. */
  of(module: string): number {
    for (let name = module; ; ) {
      const severity = this.#thresholds.get(name);
      if (severity !== undefined) return severity;
      const dot = name.lastIndexOf('.');
      name = dot === -1 ? '' : name.slice(0, dot);
    }
  }
}
