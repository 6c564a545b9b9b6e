export { events } from './catalogue.ts';
export {
  defineEvent,
  type EventDefinition,
  type EventFields,
  type EventKind,
  type EventType,
  type FieldType,
} from './define-event.ts';
