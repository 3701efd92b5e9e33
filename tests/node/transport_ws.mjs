// The graphql-ws client against a server: `node transport_ws.mjs URL basics|follow`. Prints JSON, a line each.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, scenario] = process.argv.slice(2);
const say = (line) => console.log(JSON.stringify(line));

let sockets = 0;
class CountedSocket extends WebSocket {
  constructor(...args) {
    super(...args);
    sockets += 1;
  }
}

// Takes `count` results of an operation, or all; resolves with them and with how it ended.
function take(client, query, count = Infinity) {
  return new Promise((resolve) => {
    const results = [];
    const ended = (how, more = {}) => resolve({ ended: how, results, ...more });
    const stop = client.subscribe(
      { query },
      {
        next: (result) => {
          results.push(result);
          if (results.length === count) {
            stop();
            ended('enough');
          }
        },
        error: (errors) => ended('error', { errors }),
        complete: () => ended('complete'),
      },
    );
  });
}

async function basics() {
  const client = createClient({ url, webSocketImpl: CountedSocket, retryAttempts: 0 });
  const frames = take(client, 'subscription { fleetFrame { sequence deviceIds } }', 6);
  const metrics = take(client, 'subscription { gpuMetrics { deviceId gpuUtilizationPct } }', 3);
  const events = take(client, 'subscription { deviceEvents { snapshot sequence } }', 1);
  say({
    unknownField: await take(client, 'subscription { nope }'),
    syntaxError: await take(client, 'subscription {'),
    wrongVariable: await take(client, 'subscription { fleetFrame(intervalMs: 0) { sequence } }'),
    query: await take(client, '{ fleet { totalGpus } }'),
    events: await events,
    metrics: await metrics,
    frames: await frames,
    sockets,
  });
  await client.dispose();
}

function follow() {
  const client = createClient({
    url,
    webSocketImpl: CountedSocket,
    retryAttempts: 200,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
    shouldRetry: () => true,
    on: {
      connected: () => say({ event: 'connected' }),
      closed: ({ code, reason }) => say({ event: 'closed', code, reason }),
    },
  });
  for (const [name, query] of [
    ['frames', 'subscription { fleetFrame { sequence deviceIds } }'],
    ['events', 'subscription { deviceEvents { snapshot sequence } }'],
  ]) {
    client.subscribe(
      { query },
      {
        next: (result) => say({ event: 'next', name, result }),
        error: (errors) => say({ event: 'error', name, errors: String(errors) }),
        complete: () => say({ event: 'complete', name }),
      },
    );
  }
}

await { basics, follow }[scenario]();
