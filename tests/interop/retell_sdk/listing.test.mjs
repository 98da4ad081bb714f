// listing.test.mjs - pages without gaps or repeats, and every shape of filter.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { AGENT, client, control, destination, fresh, FROM, until } from './sim.mjs';

const retell = client();
const N = 137;
/** @type {string[]} */
let placed = [];

before(async () => {
  await fresh();
  for (let n = 0; n < N; n += 1) {
    const outcome = n % 3 === 0 ? 'dial_busy' : n % 3 === 1 ? 'user_hangup' : 'voicemail_reached';
    const call = await retell.call.createPhoneCall({
      from_number: FROM, to_number: destination(),
      metadata: { n, name: `lead ${n} è`, even: n % 2 === 0, sim: { outcome, duration_ms: 1000 * n } },
      retell_llm_dynamic_variables: { plan: n % 2 ? 'gold' : 'free' },
    });
    placed.push(call.call_id);
  }
  await until(async () => (await control('GET', '/sim/ledger')).every(
    (/** @type {any} */ line) => line.analyzed));
});

/** @param {any} [extra] */
async function walk(extra = {}) {
  /** @type {string[][]} */
  const pages = [];
  let pagination_key;
  do {
    const page = await retell.call.list({ limit: 50, pagination_key, ...extra });
    pages.push(page.items.map((call) => call.call_id));
    pagination_key = page.pagination_key;
    assert.equal(page.has_more, pagination_key !== undefined);
  } while (pagination_key);
  return pages;
}

/** The ids a filter finds, in the order of placing. @param {any} filter_criteria */
async function found(filter_criteria) {
  const page = await retell.call.list(/** @type {any} */ ({
    limit: 1000, sort_order: 'ascending', include_total: true, filter_criteria,
  }));
  assert.equal(page.total, page.items.length);
  return page.items.map((call) => placed.indexOf(call.call_id));
}

const all = [...Array(N).keys()];

test('137 calls in pages of 50 are three pages without repeats, newest first', async () => {
  const pages = await walk();
  assert.deepEqual(pages.map((p) => p.length), [50, 50, 37]);
  assert.deepEqual(pages.flat(), [...placed].reverse());
  assert.deepEqual((await walk({ sort_order: 'ascending' })).flat(), placed);
});

test('a cursor keeps its place while calls are added', async () => {
  const first = await retell.call.list({ limit: 50 });
  const extra = await retell.call.createPhoneCall({ from_number: FROM, to_number: destination() });
  const second = await retell.call.list({ limit: 50, pagination_key: first.pagination_key });
  assert.deepEqual(second.items.map((c) => c.call_id), [...placed].reverse().slice(50, 100));
  await retell.call.delete(extra.call_id);
});

test('skip counts from the front, and excludes a cursor', async () => {
  const page = await retell.call.list({ skip: 130, limit: 50, include_total: true });
  assert.deepEqual(page.items.map((c) => c.call_id), [...placed].reverse().slice(130));
  assert.equal(page.total, N);
  const { pagination_key } = await retell.call.list({ limit: 1 });
  await assert.rejects(retell.call.list({ skip: 1, pagination_key }), { status: 400 });
  await assert.rejects(retell.call.list({ pagination_key: 'made-up' }), { status: 400 });
});

/** @type {[string, any, (n: number) => boolean][]} */
const shapes = [
  ['string eq on metadata', { metadata: [{ key: 'name', type: 'string', op: 'eq', value: 'lead 7 è' }] }, (n) => n === 7],
  ['string ne', { metadata: [{ key: 'name', type: 'string', op: 'ne', value: 'lead 7 è' }] }, (n) => n !== 7],
  ['string sw', { metadata: [{ key: 'name', type: 'string', op: 'sw', value: 'lead 13' }] }, (n) => String(n).startsWith('13')],
  ['string ew', { dynamic_variables: [{ key: 'plan', type: 'string', op: 'ew', value: 'old' }] }, (n) => n % 2 === 1],
  ['string co', { metadata: [{ key: 'name', type: 'string', op: 'co', value: '9' }] }, (n) => String(n).includes('9')],
  ['number eq', { metadata: [{ key: 'n', type: 'number', op: 'eq', value: 12 }] }, (n) => n === 12],
  ['number ne', { metadata: [{ key: 'n', type: 'number', op: 'ne', value: 12 }] }, (n) => n !== 12],
  ['number gt', { metadata: [{ key: 'n', type: 'number', op: 'gt', value: 130 }] }, (n) => n > 130],
  ['number ge', { metadata: [{ key: 'n', type: 'number', op: 'ge', value: 130 }] }, (n) => n >= 130],
  ['number lt', { metadata: [{ key: 'n', type: 'number', op: 'lt', value: 3 }] }, (n) => n < 3],
  ['number le', { metadata: [{ key: 'n', type: 'number', op: 'le', value: 3 }] }, (n) => n <= 3],
  ['range', { metadata: [{ key: 'n', type: 'range', op: 'bt', value: [10, 20] }] }, (n) => n >= 10 && n <= 20],
  ['boolean', { metadata: [{ key: 'even', type: 'boolean', op: 'eq', value: true }] }, (n) => n % 2 === 0],
  ['enum on a key', { dynamic_variables: [{ key: 'plan', type: 'enum', op: 'in', value: ['free', 'none'] }] }, (n) => n % 2 === 0],
  ['present', { metadata: [{ key: 'even', type: 'present', op: 'pr' }] }, () => true],
  ['absent', { metadata: [{ key: 'even', type: 'present', op: 'np' }] }, () => false],
  ['two conditions are both wanted', { metadata: [
    { key: 'even', type: 'boolean', op: 'eq', value: true }, { key: 'n', type: 'number', op: 'lt', value: 10 }] }, (n) => n < 10 && n % 2 === 0],
  ['call_status', { call_status: { type: 'enum', op: 'in', value: ['not_connected'] } }, (n) => n % 3 === 0],
  ['disconnection_reason', { disconnection_reason: { type: 'enum', op: 'in', value: ['voicemail_reached'] } }, (n) => n % 3 === 2],
  ['in_voicemail', { in_voicemail: { type: 'boolean', op: 'eq', value: true } }, (n) => n % 3 === 2],
  ['duration_ms', { duration_ms: { type: 'range', op: 'bt', value: [100000, 110000] } }, (n) => n % 3 > 0 && n >= 100 && n <= 110],
  ['agent of a version', { agent: [{ agent_id: 'agent_other' }, { agent_id: AGENT, version: [3] }] }, () => true],
  ['agent of no version', { agent: [{ agent_id: AGENT, version: [1] }] }, () => false],
  ['direction', { direction: { type: 'enum', op: 'in', value: ['inbound'] } }, () => false],
  ['call_type', { call_type: { type: 'enum', op: 'in', value: ['phone_call'] } }, () => true],
  ['from_number', { from_number: { type: 'string', op: 'sw', value: '+39' } }, () => true],
  ['data_storage_setting', { data_storage_setting: { type: 'enum', op: 'in', value: ['everything'] } }, () => true],
  ['start_timestamp', { start_timestamp: { type: 'number', op: 'gt', value: 1 } }, (n) => n % 3 > 0],
  ['tool_calls', { tool_calls: [{ name: 'transfer' }] }, () => false],
  ['custom_attributes', { custom_attributes: [{ key: 'x', type: 'present', op: 'np' }] }, () => true],
];

for (const [name, filter, matches] of shapes)
  test(`filter: ${name}`, async () => {
    assert.deepEqual(await found(filter), all.filter(matches));
  });

test('filters on what analysis found agree with the calls', async () => {
  const page = await retell.call.list({ limit: 1000 });
  for (const sentiment of /** @type {const} */ (['Positive', 'Neutral', 'Negative', 'Unknown'])) {
    const ids = await found({ user_sentiment: { type: 'enum', op: 'in', value: [sentiment] } });
    const expected = page.items.filter((c) => c.call_analysis?.user_sentiment === sentiment);
    assert.deepEqual(ids, expected.map((c) => placed.indexOf(c.call_id)).sort((a, b) => a - b));
  }
  const qualified = await found({
    custom_analysis_data: [{ key: 'disposition', type: 'string', op: 'eq', value: 'qualified' }],
  });
  assert.deepEqual(qualified, page.items
    .filter((c) => /** @type {any} */ (c.call_analysis?.custom_analysis_data)?.disposition === 'qualified')
    .map((c) => placed.indexOf(c.call_id)).sort((a, b) => a - b));
  assert.ok(qualified.length > 0);
});

test('call_id takes one id or a list', async () => {
  assert.deepEqual(await found({ call_id: { type: 'string', op: 'eq', value: placed[5] } }), [5]);
  assert.deepEqual(
    await found({ call_id: { type: 'enum', op: 'in', value: [placed[9], placed[2], placed[9], 'call_x'] } }),
    [2, 9]);
  const first = await retell.call.retrieve(placed[4]);
  if (first.call_type === 'phone_call')
    assert.deepEqual(await found({ to_number: { type: 'string', op: 'eq', value: first.to_number } }), [4]);
});

test('a filter of the wrong shape is 400', async () => {
  /** @type {any[]} */
  const wrong = [
    { call_status: { type: 'enum', op: 'in', value: ['registered'] } },
    { call_status: { type: 'string', op: 'eq', value: 'ended' } },
    { duration_ms: { type: 'number', op: 'bt', value: 5 } },
    { duration_ms: { type: 'range', op: 'bt', value: [1] } },
    { metadata: [{ type: 'string', op: 'eq', value: 'no key' }] },
    { metadata: { key: 'n', type: 'number', op: 'eq', value: 1 } },
    { in_voicemail: { type: 'boolean', op: 'eq', value: 'yes' } },
  ];
  for (const filter_criteria of wrong)
    await assert.rejects(retell.call.list({ filter_criteria }), { status: 400 }, JSON.stringify(filter_criteria));
});
