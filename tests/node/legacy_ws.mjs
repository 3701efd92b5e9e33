// The older client, subscriptions-transport-ws: `node legacy_ws.mjs URL basics|follow`. Prints JSON, a line each.
import { parse } from 'graphql';
import transport from 'subscriptions-transport-ws';
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

function take(client, query, count = Infinity) {
  return new Promise((resolve) => {
    const results = [];
    const ended = (how, more = {}) => resolve({ ended: how, results, ...more });
    const { unsubscribe } = client.request({ query }).subscribe({
      next: (result) => {
        results.push(result);
        if (results.length === count) {
          unsubscribe();
          ended('enough');
        }
      },
      error: (error) => ended('error', { errors: [].concat(error).map(({ message }) => ({ message })) }),
      complete: () => ended('complete'),
    });
  });
}

async function basics() {
  const client = new transport.SubscriptionClient(url, { reconnect: false }, CountedSocket);
  const frames = take(client, 'subscription { fleetFrame { sequence deviceIds } }', 6);
  const metrics = take(client, 'subscription { gpuMetrics { deviceId gpuUtilizationPct } }', 3);
  const events = take(client, parse('subscription { deviceEvents { snapshot sequence } }'), 1);
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
  client.close();
}

function follow() {
  const client = new transport.SubscriptionClient(url, { reconnect: true, minTimeout: 5000 }, CountedSocket);
  client.onConnected(() => say({ event: 'connected' }));
  client.onReconnected(() => say({ event: 'connected' }));
  client.onDisconnected(() => say({ event: 'closed' }));
  for (const [name, query] of [
    ['frames', 'subscription { fleetFrame { sequence deviceIds } }'],
    ['events', 'subscription { deviceEvents { snapshot sequence } }'],
  ]) {
    client.request({ query }).subscribe({
      next: (result) => say({ event: 'next', name, result }),
      error: (error) => say({ event: 'error', name, errors: String(error) }),
      complete: () => say({ event: 'complete', name }),
    });
  }
}

await { basics, follow }[scenario]();
