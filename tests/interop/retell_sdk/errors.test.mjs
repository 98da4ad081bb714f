// errors.test.mjs - statuses to SDK errors, and how often the SDK asked.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import Retell from 'retell-sdk';
import { AGENT, attempts, client, control, destination, fresh, FROM, raw, until } from './sim.mjs';

const retell = client();

beforeEach(() => fresh());

const order = (/** @type {object} */ fault) => control('POST', '/sim/fault', fault);
const place = (/** @type {object} */ extra = {}) =>
  retell.call.createPhoneCall({ from_number: FROM, to_number: destination(), ...extra });

/** @type {[number, any, number][]} */
const classes = [
  [400, Retell.BadRequestError, 1],
  [401, Retell.AuthenticationError, 1],
  [402, Retell.APIError, 1],
  [403, Retell.PermissionDeniedError, 1],
  [404, Retell.NotFoundError, 1],
  [408, Retell.APIError, 3],
  [409, Retell.ConflictError, 3],
  [412, Retell.APIError, 1],
  [422, Retell.UnprocessableEntityError, 1],
  [429, Retell.RateLimitError, 3],
  [500, Retell.InternalServerError, 3],
  [502, Retell.InternalServerError, 3],
  [503, Retell.InternalServerError, 3],
];

for (const [status, error, expected] of classes)
  test(`${status} is ${error.name} after ${expected} attempt(s)`, async () => {
    await order({ op: 'get_concurrency', count: 5, fault: 'status', status, retry_after_ms: 1 });
    await assert.rejects(retell.concurrency.retrieve(), (thrown) => {
      assert.ok(thrown instanceof error);
      assert.equal(/** @type {any} */ (thrown).status, status);
      return true;
    });
    const seen = await attempts('get_concurrency');
    assert.equal(seen.length, expected);
    assert.deepEqual(seen.map((r) => r.retry_count), [...Array(expected).keys()].map(String));
  });

test('retry-after-ms is waited for', async () => {
  await order({ op: 'get_concurrency', count: 1, fault: 'status', status: 429, retry_after_ms: 120 });
  await retell.concurrency.retrieve();
  const [first, second] = await attempts('get_concurrency');
  const gap = second.at_ms - first.at_ms;
  assert.ok(gap >= 118 && gap < 400, `${gap} ms`);
});

test('x-should-retry overrides the status', async () => {
  await order({ op: 'get_concurrency', count: 1, fault: 'status', status: 503, should_retry: 'false' });
  await assert.rejects(retell.concurrency.retrieve(), { status: 503 });
  assert.equal((await attempts('get_concurrency')).length, 1);
  await order({ op: 'get_concurrency', count: 1, fault: 'status', status: 400, should_retry: 'true' });
  await retell.concurrency.retrieve();
  assert.equal((await attempts('get_concurrency')).length, 3);
});

test('a reset is a connection error after three attempts', async () => {
  await order({ op: 'get_concurrency', count: 3, fault: 'reset' });
  await assert.rejects(retell.concurrency.retrieve(), Retell.APIConnectionError);
  const seen = await attempts('get_concurrency');
  assert.deepEqual(seen.map((r) => r.status), [0, 0, 0]);
});

test('silence is a timeout', async () => {
  await order({ op: 'get_concurrency', count: 1, fault: 'hang' });
  await assert.rejects(retell.concurrency.retrieve({ timeout: 100, maxRetries: 0 }),
                       Retell.APIConnectionTimeoutError);
});

test('an HTML 502 is a server error whose body is no JSON', async () => {
  await order({ op: 'get_concurrency', count: 1, fault: 'html_502' });
  await assert.rejects(retell.concurrency.retrieve({ maxRetries: 0 }), { status: 502 });
});

test('after a reset that followed the commit the SDK dials a second time, and the ledger tells', async () => {
  await order({ op: 'create_phone_call', count: 1, fault: 'reset_after_commit' });
  const call = await place({ metadata: { aga_sc: '17' } });
  await place({ metadata: { aga_sc: '18' } });
  const twice = await control('GET', '/sim/ledger/duplicates?key=aga_sc');
  assert.deepEqual(twice, {
    key: 'aga_sc', placed: 3, duplicates: [{ value: '17', count: 2 }], distinct: 2,
  });
  const lines = await control('GET', '/sim/ledger?after=1');
  assert.equal(lines[0].call_id, call.call_id);
});

test('a commit behind a silence is found by its metadata', async () => {
  await order({ op: 'create_phone_call', count: 1, fault: 'hang_after_commit' });
  await assert.rejects(
    retell.call.createPhoneCall({ from_number: FROM, to_number: destination(),
                                  metadata: { attempt: 'a-1' } }, { timeout: 100, maxRetries: 0 }),
    Retell.APIConnectionTimeoutError);
  const found = await retell.call.list({
    filter_criteria: { metadata: [{ type: 'string', op: 'eq', key: 'attempt', value: 'a-1' }] },
  });
  assert.equal(found.items.length, 1);
});

test('schema errors name the path in error_message', async () => {
  /** @type {[string, object, RegExp][]} */
  const cases = [
    ['/v2/create-phone-call', { to_number: '+1' }, /request\/body must have required property 'from_number'/],
    ['/v2/create-phone-call', { from_number: '', to_number: '+1' }, /from_number must NOT have fewer than 1 characters/],
    ['/v2/create-phone-call', { from_number: FROM, to_number: 5 }, /to_number must be string/],
    ['/v2/create-phone-call', { from_number: FROM, to_number: destination(), retell_llm_dynamic_variables: { a: null } }, /retell_llm_dynamic_variables\/a must be string/],
    ['/v2/create-phone-call', { from_number: FROM, to_number: destination(), metadata: 'x' }, /metadata must be object/],
    ['/v3/list-calls', { limit: 1001 }, /limit must be <= 1000/],
    ['/v3/list-calls', { skip: -1 }, /skip must be >= 0/],
    ['/v3/list-calls', { sort_order: 'up' }, /must be equal to one of the allowed values/],
    ['/create-phone-number', { outbound_agents: [{ agent_id: AGENT }] }, /outbound_agents\/0 must have required property 'weight'/],
    ['/create-phone-number', { country_code: 'IT' }, /country_code must be equal to one of the allowed values/],
    ['/import-phone-number', { phone_number: '+39061' }, /required property 'termination_uri'/],
    ['/create-batch-call', { from_number: FROM, tasks: [] }, /tasks must NOT have fewer than 1 items/],
    ['/create-batch-call', { from_number: FROM, tasks: [{ to_number: destination() }], call_time_window: { windows: [{ start: 1300, end: 100 }] } }, /must not cross midnight/],
  ];
  for (const [path, body, message] of cases) {
    const response = await raw('POST', path, JSON.stringify(body));
    assert.equal(response.status, 400, path + JSON.stringify(body));
    assert.match((await response.json()).error_message, message);
  }
});

test('business errors have status and message', async () => {
  await assert.rejects(place({ from_number: '+15550000000' }),
                       { status: 404, message: /Item \+15550000000 not found from phone-number/ });
  await assert.rejects(place({ to_number: '333 12' }), { status: 400 });
  await assert.rejects(place({ override_agent_id: 'agent_none' }), { status: 422 });
  await control('POST', '/sim/config', { workspaces: [{ org_name: 'Demo',
    numbers: [{ phone_number: '+14155550199', type: 'retell-twilio' }],
    agents: [{ agent_id: 'agent_bad', suspended: true }] }] });
  await assert.rejects(place({ from_number: '+14155550199' }),
                       { status: 400, message: /No outbound agent id set up for phone number/ });
  await assert.rejects(place({ override_agent_id: 'agent_bad' }), { status: 403 });
  await assert.rejects(retell.phoneNumber.create(/** @type {any} */ ({ inbound_agent_id: AGENT })),
                       { status: 400, message: /Deprecated API usage/ });
  await assert.rejects(retell.phoneNumber.create({ outbound_agents: [{ agent_id: AGENT, weight: 0.5 }] }),
                       { status: 400 });
});

test('a body that is no JSON, or too large, or badly framed, is refused', async () => {
  assert.equal((await raw('POST', '/v2/create-phone-call', '{"a":')).status, 400);
  assert.equal((await raw('POST', '/v2/create-phone-call', '[]')).status, 400);
  const large = await raw('POST', '/v2/create-phone-call', JSON.stringify({ x: 'y'.repeat(1 << 20) }));
  assert.equal(large.status, 413);
  const chunked = await raw('POST', '/v3/list-calls', new Blob(['{"limit"', ':1}']).stream());
  assert.equal(chunked.status, 200);
});

test('a wrong key is 401, a key without the scope 403', async () => {
  await assert.rejects(client({ apiKey: 'nope' }).concurrency.retrieve(), Retell.AuthenticationError);
  await control('POST', '/sim/config', { workspaces: [{ org_name: 'Other',
    keys: [{ key: 'key_other', webhook: true, scopes: ['calls'] }] }] });
  const other = client({ apiKey: 'key_other' });
  await assert.rejects(other.phoneNumber.list(), Retell.PermissionDeniedError);
  const call = await place();
  await assert.rejects(other.call.retrieve(call.call_id), { status: 422 });
  assert.equal((await other.call.list({})).items.length, 0);
});

test('no card is 402 for a number, no balance 402 for a call', async () => {
  await control('POST', '/sim/config', { workspaces: [{ org_name: 'Demo', card_on_file: false, balance_cents: 0 }] });
  await assert.rejects(retell.phoneNumber.create({}), { status: 402, message: /requires a card on file/ });
  await assert.rejects(place(), { status: 402 });
});

test('the request limit answers 429 with a time to wait', async () => {
  await control('POST', '/sim/config', { time_scale: 1,
    api: { rate_limit: { requests: 2, window_ms: 60000, retry_after: 'seconds' } } });
  await retell.concurrency.retrieve();
  await retell.concurrency.retrieve();
  const refused = await raw('GET', '/get-concurrency');
  assert.equal(refused.status, 429);
  const wait = Number(refused.headers.get('retry-after'));
  assert.ok(wait > 0 && wait <= 60, String(wait));
});

test('over the start rate: 429, or a call that fails at once, as configured', async () => {
  await control('POST', '/sim/config', { time_scale: 1, workspaces: [{ org_name: 'Demo', cps: { custom: 1 } }] });
  const once = client({ maxRetries: 0 });
  await once.call.createPhoneCall({ from_number: FROM, to_number: destination() });
  await assert.rejects(once.call.createPhoneCall({ from_number: FROM, to_number: destination() }),
                       Retell.RateLimitError);
  await control('POST', '/sim/config', { time_scale: 2000, api: { over_concurrency: 'ended_call' },
                                         workspaces: [{ org_name: 'Demo', concurrency_limit: 0 }] });
  const call = await place();
  const done = await until(async () => {
    const now = await retell.call.retrieve(call.call_id);
    return now.call_status === 'error' ? now : null;
  });
  assert.equal(done.disconnection_reason, 'concurrency_limit_reached');
});

test('live calls fill the slots, and their ends free them', async () => {
  await control('POST', '/sim/config', { workspaces: [{ org_name: 'Demo', concurrency_limit: 3, reserved_inbound: 1 }] });
  const calls = [await place({ to_number: destination('0011') }), await place({ to_number: destination('0011') })];
  const once = client({ maxRetries: 0 });
  await assert.rejects(once.call.createPhoneCall({ from_number: FROM, to_number: destination() }), { status: 429 });
  await until(async () => (await retell.call.retrieve(calls[0].call_id)).call_status === 'ongoing');
  await retell.call.stop(calls[0].call_id);
  await place();
  const stats = await control('GET', '/sim/stats');
  assert.equal(stats.max_concurrency, 2);
  assert.equal(stats.starts_ms.length, 3);
});

test('an idempotency key gives the first call again', async () => {
  await control('POST', '/sim/config', { time_scale: 1 });
  const first = await place({ idempotency_key: 'k-1' });
  const again = await place({ idempotency_key: 'k-1' });
  const other = await place({ idempotency_key: 'k-2' });
  assert.equal(again.call_id, first.call_id);
  assert.notEqual(other.call_id, first.call_id);
  assert.equal((await control('GET', '/sim/ledger')).length, 2);
});

test('seed paths answer only when asked to, and say so', async () => {
  const body = JSON.stringify({ from_number: FROM, to_number: destination(), agent_id: AGENT });
  assert.equal((await raw('POST', '/create-phone-call', body)).status, 404);
  await control('POST', '/sim/config', { compat: { seed_paths: true } });
  const response = await raw('POST', '/create-phone-call', body);
  assert.equal(response.status, 201);
  assert.equal(response.headers.get('x-sim-compat'), 'seed');
  const numbers = await (await raw('GET', '/list-phone-numbers?country=IT')).json();
  assert.deepEqual(numbers.map((/** @type {any} */ n) => n.phone_number), [FROM]);
});
