// sim.mjs - the simulator as the tests see it: its two ports, a client, a receiver of events.
import assert from 'node:assert/strict';
import http from 'node:http';
import Retell from 'retell-sdk';

export const KEY = 'key_demo';
export const FROM = '+390212345678';
export const AGENT = 'agent_abc123';

const api = `http://${process.env.SIM_LISTEN}`;
const controlPort = `http://${process.env.SIM_CONTROL}`;

/** Nothing goes wrong by chance, nothing is slow, nothing is limited. */
const calm = {
  time_scale: 2000,
  workspaces: [{
    org_name: 'Demo', concurrency_limit: 100000, cps: { twilio: 0, telnyx: 0, custom: 0 },
    balance_cents: 1e9,
  }],
  api: {
    latency_ms: { p50: 0, p95: 0 }, per_op: {}, rate_limit: { requests: 0 },
    faults: { http_500: 0, http_503: 0, reset: 0, reset_after_commit: 0, html_502: 0 },
  },
  analysis: { missing_rate: 0 },
  webhooks: { duplicate: 0, out_of_order: 0, lost: 0, extra_delay_ms: { p: 0 } },
};

/** @param {string} method @param {string} path @param {unknown} [body] */
export async function control(method, path, body) {
  const response = await fetch(controlPort + path, {
    method, body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return path.startsWith('/sim/ledger') && !path.includes('duplicates')
    ? text.split('\n').filter(Boolean).map((line) => JSON.parse(line))
    : JSON.parse(text);
}

/** An empty ledger under calm settings, then the test's own. @param {object} [settings] */
export async function fresh(settings) {
  await control('POST', '/sim/reset');
  await control('POST', '/sim/config', calm);
  if (settings) await control('POST', '/sim/config', settings);
}

/** @param {ConstructorParameters<typeof Retell>[0]} [options] */
export const client = (options) => new Retell({ apiKey: KEY, baseURL: api, ...options });

/**
 * A request the SDK would not send.
 * @param {string} method @param {string} path @param {BodyInit} [body]
 */
export const raw = (method, path, body) =>
  fetch(api + path, /** @type {RequestInit} */ ({
    method, body, duplex: 'half', headers: { authorization: `Bearer ${KEY}` },
  }));

/** @template T @param {() => T | Promise<T>} probe @returns {Promise<NonNullable<T>>} */
export async function until(probe, what = 'a condition', ms = 8000) {
  const deadline = Date.now() + ms;
  for (;;) {
    const got = await probe();
    if (got) return /** @type {NonNullable<T>} */ (got);
    assert.ok(Date.now() < deadline, `timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** How many HTTP requests one operation cost. @param {string} op */
export async function attempts(op) {
  const log = await control('GET', '/sim/log');
  return log.requests.filter((request) => request.op === op);
}

/**
 * A webhook endpoint.  `answer` may return a status for the nth delivery.
 * @param {(n: number, event: any) => number | object} [answer]
 */
export async function receiver(answer = () => 204) {
  /** @type {{event: string, call: any, raw: string, signature: string, path: string}[]} */
  const events = [];
  let broken = 0;
  const server = http.createServer((request, response) => {
    /** @type {Buffer[]} */
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('error', () => { broken += 1; });
    request.on('aborted', () => { broken += 1; });
    request.on('end', () => {
      const text = Buffer.concat(parts).toString();
      const body = JSON.parse(text);
      events.push({
        event: body.event, call: body.call ?? body.call_inbound, raw: text,
        signature: String(request.headers['x-retell-signature']), path: String(request.url),
      });
      const says = answer(events.length, body);
      response.writeHead(typeof says === 'number' ? says : 200,
                         { 'content-type': 'application/json' });
      response.end(typeof says === 'number' ? undefined : JSON.stringify(says));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    events,
    url: `http://127.0.0.1:${port}/hook`,
    broken: () => broken,
    /** @param {string} id */
    names: (id) => events.filter((e) => e.call.call_id === id).map((e) => e.event),
    close: () => { server.closeAllConnections(); server.close(); },
  };
}

/** Send the workspace's events there. @param {string | null} url */
export const hookTo = (url) =>
  control('POST', '/sim/config', { workspaces: [{ org_name: 'Demo', webhook_url: url }] });

let placed = 0;

/** A destination whose last four digits are `suffix`, else none of the magic ones. */
export function destination(suffix = '5555') {
  placed += 1;
  return `+3933${String(placed).padStart(4, '0')}${suffix}`;
}
