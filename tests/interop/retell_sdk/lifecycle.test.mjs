// lifecycle.test.mjs - magic numbers to their ends, events to their receiver, signatures to the SDK.
import assert from 'node:assert/strict';
import { after, before, beforeEach, mock, test } from 'node:test';
import Retell from 'retell-sdk';
import { client, control, destination, fresh, FROM, hookTo, KEY, receiver, until } from './sim.mjs';

const retell = client();
const connected = ['call_started', 'call_ended', 'call_analyzed'];
const unconnected = ['call_ended', 'call_analyzed'];
/** @type {Awaited<ReturnType<typeof receiver>>} */
let hook;

before(async () => { hook = await receiver(); });
after(() => hook.close());
beforeEach(async () => {
  await fresh();
  await hookTo(hook.url);
  hook.events.length = 0;
});

/** @param {string} id @param {number} n */
const delivered = (id, n) => until(() => hook.names(id).length >= n, `${n} events of ${id}`);

/** @param {any} sim @param {any} [extra] */
const place = (sim, extra = {}) => retell.call.createPhoneCall({
  from_number: FROM, to_number: destination(), metadata: { sim }, ...extra,
});

/** @type {[string, string, string, string[]][]} */
const magic = [
  ['0001', 'not_connected', 'dial_busy', unconnected],
  ['0002', 'not_connected', 'dial_no_answer', unconnected],
  ['0003', 'ended', 'voicemail_reached', connected],
  ['0004', 'not_connected', 'invalid_destination', unconnected],
  ['0005', 'not_connected', 'user_declined', unconnected],
  ['0006', 'not_connected', 'marked_as_spam', unconnected],
  ['0007', 'error', 'concurrency_limit_reached', unconnected],
  ['0008', 'not_connected', 'telephony_provider_unavailable', unconnected],
  ['0009', 'error', 'no_valid_payment', unconnected],
  ['0010', 'error', 'error_retell', connected],
  ['0012', 'ended', 'user_requested_dnc', connected],
];

for (const [suffix, status, reason, events] of magic)
  test(`…${suffix} ends ${status}, ${reason}, with ${events.length} events`, async () => {
    await control('POST', '/sim/config', { compat: { enum_level: '6.x' } });
    const { call_id } = await retell.call.createPhoneCall({
      from_number: FROM, to_number: destination(suffix),
    });
    await delivered(call_id, events.length);
    const call = await retell.call.retrieve(call_id);
    assert.equal(call.call_status, status);
    assert.equal(call.disconnection_reason, reason);
    assert.equal(call.start_timestamp !== undefined, events === connected);
    assert.deepEqual(hook.names(call_id), events);
  });

test('…0011 never ends by itself', async () => {
  const { call_id } = await retell.call.createPhoneCall({
    from_number: FROM, to_number: destination('0011'),
  });
  await delivered(call_id, 1);
  assert.deepEqual(hook.names(call_id), ['call_started']);
  await retell.call.stop(call_id);
  await delivered(call_id, 3);
  assert.deepEqual(hook.names(call_id), connected);
});

test('at enum level 5.66 a younger reason is the older one that stood for it', async () => {
  const { call_id } = await place({ outcome: 'user_requested_dnc' });
  await delivered(call_id, 3);
  assert.equal((await retell.call.retrieve(call_id)).disconnection_reason, 'agent_hangup');
});

test('each event shows the call as it then was', async () => {
  const { call_id } = await place({ outcome: 'user_hangup' });
  await delivered(call_id, 3);
  const [started, ended, analyzed] = hook.events.map((e) => e.call);
  assert.equal(started.call_status, 'ongoing');
  assert.equal(started.end_timestamp, undefined);
  assert.equal(ended.call_status, 'ended');
  assert.equal(ended.call_analysis, undefined);
  assert.ok(ended.transcript && ended.call_cost);
  assert.deepEqual(analyzed, { ...ended, call_analysis: analyzed.call_analysis });
  assert.deepEqual(analyzed, await retell.call.retrieve(call_id));
});

test('every signature verifies, and neither another body nor another time does', async () => {
  for (let n = 0; n < 20; n += 1)
    await retell.call.createPhoneCall({ from_number: FROM, to_number: destination(),
                                        metadata: { text: 'è 😀', n } });
  await until(async () => (await control('GET', '/sim/stats')).deliveries.events.call_analyzed === 20);
  await until(async () => (await control('GET', '/sim/stats')).deliveries.delivered === hook.events.length);
  assert.ok(hook.events.length >= 40);
  for (const { raw, signature } of hook.events) {
    assert.equal(await Retell.verify(raw, KEY, signature), true);
    const at = raw.length >> 1;
    const flipped = raw.slice(0, at) + (raw[at] === 'x' ? 'y' : 'x') + raw.slice(at + 1);
    assert.equal(await Retell.verify(flipped, KEY, signature), false);
    assert.equal(await Retell.verify(raw, 'key_other', signature), false);
  }
  const { raw, signature } = hook.events[0];
  const now = Date.now();
  mock.method(Date, 'now', () => now + 301_000);
  assert.equal(await Retell.verify(raw, KEY, signature), false);
  mock.restoreAll();
});

test('one key of the workspace signs, whichever key called', async () => {
  await control('POST', '/sim/config', { workspaces: [{ org_name: 'Demo', keys: [
    { key: KEY, scopes: 'all' }, { key: 'key_badge', webhook: true }] }] });
  const { call_id } = await place({ outcome: 'dial_busy' });
  await delivered(call_id, 2);
  assert.equal(await Retell.verify(hook.events[0].raw, 'key_badge', hook.events[0].signature), true);
  assert.equal(await Retell.verify(hook.events[0].raw, KEY, hook.events[0].signature), false);
});

test('agent_override sends a call elsewhere, and only the events it wants', async () => {
  const other = await receiver();
  const { call_id } = await place({ outcome: 'user_hangup' }, {
    retell_llm_dynamic_variables: { who: 'ada' },
    agent_override: { agent: { webhook_url: `${other.url}/{{who}}`, webhook_events: ['call_ended'] } },
  });
  await until(() => other.events.length === 1);
  await until(async () => (await retell.call.retrieve(call_id)).call_analysis);
  assert.deepEqual(other.names(call_id), ['call_ended']);
  assert.equal(other.events[0].path, '/hook/ada');
  assert.equal(hook.events.length, 0);
  other.close();
});

test('transcript_updated tells one more turn each time, when asked for', async () => {
  const { call_id } = await place({ outcome: 'user_hangup', duration_ms: 60000 }, {
    agent_override: { agent: { webhook_events: ['call_started', 'transcript_updated', 'call_ended'] } },
  });
  await until(() => hook.names(call_id).includes('call_ended'));
  const names = hook.names(call_id);
  assert.equal(names[0], 'call_started');
  assert.equal(names.at(-1), 'call_ended');
  const turns = hook.events.filter((e) => e.event === 'transcript_updated')
    .map((e) => e.call.transcript_with_tool_calls.length);
  assert.deepEqual(turns, [1, 2, 3, 4, 5, 5]);
});

test('a transfer tells of its legs, when asked for', async () => {
  const { call_id } = await place({ outcome: 'call_transfer' }, {
    agent_override: { agent: { webhook_events: [
      'call_started', 'call_ended', 'transfer_started', 'transfer_bridged', 'transfer_ended'] } },
  });
  await delivered(call_id, 5);
  assert.deepEqual(hook.names(call_id).sort(), [
    'call_ended', 'call_started', 'transfer_bridged', 'transfer_ended', 'transfer_started']);
});

test('a refused event is tried three times more, signed afresh', async () => {
  const stubborn = await receiver((n) => (n < 4 ? 500 : 204));
  await hookTo(stubborn.url);
  const { call_id } = await place({ outcome: 'dial_busy', analysis_ms: 1e9 });
  await until(() => stubborn.events.length === 4);
  const { deliveries } = await until(async () => {
    const log = await control('GET', '/sim/log');
    return log.deliveries.length === 4 ? log : null;
  });
  assert.deepEqual(deliveries.map((/** @type {any} */ d) => [d.attempt, d.status]),
                   [[1, 500], [2, 500], [3, 500], [4, 204]]);
  assert.ok(deliveries.every((/** @type {any} */ d) => d.call_id === call_id));
  for (const { raw, signature } of stubborn.events)
    assert.equal(await Retell.verify(raw, KEY, signature), true);
  stubborn.close();
});

test('after the retries nothing more comes', async () => {
  const deaf = await receiver(() => 500);
  await hookTo(deaf.url);
  await place({ outcome: 'dial_busy', analysis_ms: 1e9 });
  await until(async () => (await control('GET', '/sim/stats')).deliveries.gave_up === 1);
  assert.equal(deaf.events.length, 4);
  deaf.close();
});

test('faults of events happen as directed', async () => {
  const duplicate = await place({ outcome: 'dial_busy', webhooks: { call_ended: 'duplicate' } });
  await delivered(duplicate.call_id, 3);
  assert.deepEqual(hook.names(duplicate.call_id).filter((n) => n === 'call_ended').length, 2);

  const lost = await place({ outcome: 'user_hangup', webhooks: { call_ended: 'lost' } });
  await delivered(lost.call_id, 2);
  assert.deepEqual(hook.names(lost.call_id), ['call_started', 'call_analyzed']);

  const swapped = await place({ outcome: 'user_hangup', webhooks: { call_started: ['out_of_order'] } });
  await delivered(swapped.call_id, 3);
  assert.equal(hook.names(swapped.call_id)[0], 'call_ended');
  assert.ok(hook.names(swapped.call_id).includes('call_started'));

  const late = await place({ outcome: 'user_hangup', analysis_ms: 10, webhooks: { call_ended: 'delay' } });
  await delivered(late.call_id, 3);
  assert.deepEqual(hook.names(late.call_id), ['call_started', 'call_analyzed', 'call_ended']);
});

test('a bad or stale signature fails to verify; a cut body never arrives whole', async () => {
  for (const fault of ['bad_signature', 'stale_signature']) {
    hook.events.length = 0;
    const { call_id } = await place({ outcome: 'dial_busy', webhooks: { call_ended: fault } });
    await delivered(call_id, 2);
    const { raw, signature } = hook.events[0];
    assert.equal(await Retell.verify(raw, KEY, signature), false, fault);
  }
  const { call_id } = await place({ outcome: 'dial_busy', webhooks: { call_ended: 'truncated' } });
  await delivered(call_id, 2);
  assert.ok(hook.broken() >= 1);
  assert.deepEqual(hook.names(call_id).sort(), ['call_analyzed', 'call_ended']);
});

test('an inbound call asks the number first, and takes what it is told', async () => {
  const desk = await receiver((_, body) => (body.event === 'call_inbound'
    ? { call_inbound: { metadata: { lead: 'x' }, dynamic_variables: { name: 'Ada' } } } : 204));
  await retell.phoneNumber.update(FROM, { inbound_webhook_url: desk.url });
  const { call_id } = await control('POST', '/sim/inbound', { to_number: FROM, from_number: '+393330000000' });
  await until(() => hook.names(call_id).length >= 1);
  assert.deepEqual(desk.names(call_id), ['call_inbound']);
  assert.equal(await Retell.verify(desk.events[0].raw, KEY, desk.events[0].signature), true);
  const call = await retell.call.retrieve(call_id);
  assert.ok(call.call_type === 'phone_call' && call.direction === 'inbound');
  assert.deepEqual(call.metadata, { lead: 'x' });
  assert.deepEqual(call.retell_llm_dynamic_variables, { name: 'Ada' });
  desk.close();
});

test('the same seed and the same requests give the same run', async () => {
  const run = async () => {
    await fresh({ seed: 7 });
    for (let n = 0; n < 30; n += 1)
      await retell.call.createPhoneCall({ from_number: FROM, to_number: `+39333${1000000 + n * 7}` });
    const lines = await until(async () => {
      const ledger = await control('GET', '/sim/ledger');
      return ledger.every((/** @type {any} */ l) => l.disconnection_reason) ? ledger : null;
    });
    return lines.map((/** @type {any} */ l) => [l.call_id, l.disconnection_reason, l.duration_ms]);
  };
  const first = await run();
  assert.deepEqual(await run(), first);
  assert.ok(new Set(first.map((/** @type {any} */ l) => l[1])).size > 3);
});
