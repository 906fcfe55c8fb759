import { EVENT_SCHEMA, type Event } from '../core/events.js';

/**
 * `--json`: one object a line on stdout, `{"schema": 1, "time": "2026-11-23T12:00:00.000Z", "type": …}` with the fields of that
 * event as `core/events.ts` documents them. Nothing else is on stdout. `schema` is raised when a field changes its meaning.
 */
export function jsonPrinter(stdout: NodeJS.WritableStream, now: () => Date = () => new Date()): (event: Event) => void {
  return (event) => void stdout.write(`${JSON.stringify({ schema: EVENT_SCHEMA, time: now().toISOString(), ...event })}\n`);
}
