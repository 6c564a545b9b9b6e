/** Thresholds by module name. A module's gate is one shared object, so that a change is seen at the next call. */
export class Levels {
  private readonly thresholds = new Map<string, number>();
  private readonly gates = new Map<string, { min: number }>();

  constructor(root: number) {
    this.thresholds.set('', root);
  }

  gate(module: string): { min: number } {
    let gate = this.gates.get(module);
    if (gate === undefined) {
      gate = { min: this.resolve(module) };
      this.gates.set(module, gate);
    }
    return gate;
  }

  set(module: string, severity: number): void {
    this.thresholds.set(module, severity);
    for (const [name, gate] of this.gates) gate.min = this.resolve(name);
  }

  /** The longest prefix of whole dotted words that has a threshold; '' has one always. */
  private resolve(module: string): number {
    for (let name = module; ; ) {
      const severity = this.thresholds.get(name);
      if (severity !== undefined) return severity;
      const dot = name.lastIndexOf('.');
      name = dot === -1 ? '' : name.slice(0, dot);
    }
  }
}
