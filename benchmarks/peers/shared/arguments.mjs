// Command line of the Node peers, and their clock.
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4000' },
    gpus: { type: 'string', default: '1000' },
    interval: { type: 'string', default: '1' },
  },
});

export const port = Number(values.port);
export const gpus = Number(values.gpus);
const intervalMs = Number(values.interval) * 1000;

// Call at a steady rate; a server that is late skips the beats it missed.
export function every(work) {
  let due = performance.now() + intervalMs;
  const beat = () => {
    work();
    due = Math.max(due + intervalMs, performance.now());
    setTimeout(beat, due - performance.now());
  };
  setTimeout(beat, intervalMs);
}
