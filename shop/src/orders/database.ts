import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { isFaultActive } from '../faults/active.ts';

export interface Order {
  readonly id: string;
  readonly sku: string;
  readonly quantity: number;
  readonly totalMinor: number;
  readonly currency: string;
  readonly status: 'pending' | 'paid' | 'payment_failed';
}

export interface Database {
  insert(order: Order): Promise<void>;
  setStatus(id: string, status: Order['status']): Promise<void>;
  find(id: string): Promise<Order | undefined>;
}

/** The orders database: SQLite in memory, one client span a query. Keeps the newest 10,000 orders. */
export function openDatabase(random: () => number): Database {
  const db = new DatabaseSync(':memory:');
  db.exec(`CREATE TABLE orders (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, sku TEXT NOT NULL, quantity INTEGER NOT NULL,
    total_minor INTEGER NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL)`);
  const tracer = trace.getTracer('orders.database');

  async function query<T>(text: string, operation: string, work: () => T): Promise<T> {
    const span = tracer.startSpan(`${operation} orders`, {
      kind: SpanKind.CLIENT,
      attributes: {
        'db.system.name': 'sqlite',
        'db.collection.name': 'orders',
        'db.operation.name': operation,
        'db.query.text': text,
      },
    });
    try {
      if (isFaultActive('slow-database')) await wait(1_000 + random() * 1_000);
      return work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
      throw error;
    } finally {
      span.end();
    }
  }

  const insertText = 'INSERT INTO orders (id, sku, quantity, total_minor, currency, status) VALUES (?, ?, ?, ?, ?, ?)';
  const insert = db.prepare(insertText);
  const trim = db.prepare('DELETE FROM orders WHERE seq <= (SELECT max(seq) FROM orders) - 10000');
  const updateText = 'UPDATE orders SET status = ? WHERE id = ?';
  const update = db.prepare(updateText);
  const selectText = 'SELECT id, sku, quantity, total_minor AS totalMinor, currency, status FROM orders WHERE id = ?';
  const select = db.prepare(selectText);
  return {
    insert: (order) =>
      query(insertText, 'INSERT', () => {
        insert.run(order.id, order.sku, order.quantity, order.totalMinor, order.currency, order.status);
        trim.run();
      }),
    setStatus: (id, status) => query(updateText, 'UPDATE', () => void update.run(status, id)),
    find: (id) => query(selectText, 'SELECT', () => select.get(id) as Order | undefined),
  };
}
