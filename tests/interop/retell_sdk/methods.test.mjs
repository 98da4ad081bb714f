// methods.test.mjs - every method of the wire table: status, required fields, types.
import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import { AGENT, client, control, destination, fresh, FROM, raw, until } from './sim.mjs';

const retell = client();
const statuses = ['registered', 'not_connected', 'ongoing', 'ended', 'error'];

before(() => fresh());
beforeEach(() => fresh());

/** @param {any} call */
function isPhoneCall(call) {
  assert.equal(call.call_type, 'phone_call');
  assert.match(call.call_id, /^call_[0-9a-f]{27}$/);
  assert.equal(typeof call.agent_id, 'string');
  assert.ok(Number.isInteger(call.agent_version));
  assert.ok(statuses.includes(call.call_status));
  assert.ok(['inbound', 'outbound'].includes(call.direction));
  assert.match(call.from_number, /^\+/);
  assert.match(call.to_number, /^\+/);
}

/** @param {any} number */
function isNumber(number) {
  assert.match(number.phone_number, /^\+[0-9]+$/);
  assert.ok(['retell-twilio', 'retell-telnyx', 'custom'].includes(number.phone_number_type));
  assert.ok(Number.isInteger(number.last_modification_timestamp));
}

/** @param {any} page */
function isPage(page) {
  assert.ok(Array.isArray(page.items));
  assert.equal(typeof page.has_more, 'boolean');
  assert.equal(typeof page.pagination_key, page.has_more ? 'string' : 'undefined');
}

const place = (/** @type {object} */ extra = {}) =>
  retell.call.createPhoneCall({ from_number: FROM, to_number: destination(), ...extra });

/** A call that talks until it is stopped. */
async function talking() {
  const call = await place({ to_number: destination('0011') });
  await until(async () => (await retell.call.retrieve(call.call_id)).call_status === 'ongoing');
  return call;
}

async function ended() {
  const call = await place();
  return until(async () => {
    const now = await retell.call.retrieve(call.call_id);
    return now.call_analysis ? now : null;
  });
}

test('createPhoneCall answers 201 with a registered phone call that echoes what was given', async () => {
  const { data, response } = await place({
    metadata: { a: 1, nested: { b: [true, null] } },
    retell_llm_dynamic_variables: { name: 'Ada' },
    override_agent_id: AGENT,
  }).withResponse();
  assert.equal(response.status, 201);
  assert.equal(response.headers.get('content-type')?.split(';')[0], 'application/json');
  isPhoneCall(data);
  assert.equal(data.call_status, 'registered');
  assert.deepEqual(data.metadata, { a: 1, nested: { b: [true, null] } });
  assert.deepEqual(data.retell_llm_dynamic_variables, { name: 'Ada' });
  assert.equal(data.start_timestamp, undefined);
  assert.equal((await place()).metadata, undefined);
});

test('retrieve shows each field only when it is due', async () => {
  const call = await talking();
  const live = await retell.call.retrieve(call.call_id);
  isPhoneCall(live);
  assert.ok(Number.isInteger(live.start_timestamp));
  assert.equal(live.end_timestamp, undefined);
  assert.equal(live.transcript, undefined);
  assert.equal(live.call_cost, undefined);

  const done = await ended();
  assert.ok(done.end_timestamp);
  assert.equal(typeof done.disconnection_reason, 'string');
  assert.equal(typeof done.call_analysis?.call_successful, 'boolean');
  assert.equal(typeof done.call_cost?.combined_cost, 'number');
});

test('a connected call carries a transcript whose parts agree', async () => {
  const call = await place({ metadata: { sim: { outcome: 'user_hangup', duration_ms: 90000 } } });
  const done = await until(async () => {
    const now = await retell.call.retrieve(call.call_id);
    return now.call_analysis ? now : null;
  });
  assert.equal(done.duration_ms, 90000);
  assert.equal(Number(done.end_timestamp) - Number(done.start_timestamp), 90000);
  const spoken = done.transcript_object ?? [];
  assert.ok(spoken.length > 1);
  assert.equal(spoken.map((u) => `${u.role === 'agent' ? 'Agent' : 'User'}: ${u.content}\n`).join(''),
               done.transcript);
  for (const utterance of spoken)
    assert.equal(utterance.words.map((w) => w.word).join(' '), utterance.content);
  assert.ok(done.latency?.e2e?.p50);
  assert.ok(done.recording_url);
});

test('list leaves transcripts and recordings out', async () => {
  await ended();
  const { data, response } = await retell.call.list({ limit: 10 }).withResponse();
  assert.equal(response.status, 200);
  isPage(data);
  isPhoneCall(data.items[0]);
  for (const key of Object.keys(data.items[0]))
    assert.ok(!/transcript|recording/.test(key), key);
});

test('stop ends an ongoing call, and only such a call', async () => {
  const call = await talking();
  const { data, response } = await retell.call.stop(call.call_id).withResponse();
  assert.equal(response.status, 204);
  assert.equal(data, null);
  const stopped = await retell.call.retrieve(call.call_id);
  assert.equal(stopped.call_status, 'ended');
  assert.equal(stopped.disconnection_reason, 'manual_stopped');
  await assert.rejects(retell.call.stop(call.call_id), { status: 422 });
});

test('update changes an ended call and refuses a live one', async () => {
  const call = await ended();
  const { data, response } =
    await retell.call.update(call.call_id, { metadata: { note: 'x' } }).withResponse();
  assert.equal(response.status, 200);
  assert.deepEqual(data.metadata, { note: 'x' });
  await retell.call.update(call.call_id, { data_storage_setting: 'basic_attributes_only' });
  await assert.rejects(retell.call.update(call.call_id, { data_storage_setting: 'everything' }),
                       { status: 400 });
  await assert.rejects(retell.call.update((await talking()).call_id, { metadata: {} }),
                       { status: 422 });
});

test('updateLive, listenLive and takeOverLive want an ongoing call', async () => {
  const live = await talking();
  const ok = await retell.call.updateLive(live.call_id, {
    fields_to_override: { metadata: { seen: 'yes' } },
  });
  assert.equal(ok.success, true);
  assert.deepEqual((await retell.call.retrieve(live.call_id)).metadata, { seen: 'yes' });
  const listen = await retell.call.listenLive(live.call_id);
  assert.equal(typeof listen.access_token, 'string');
  assert.equal(typeof listen.room_name, 'string');
  assert.equal(typeof listen.participant_id, 'string');
  assert.ok(Number.isInteger(listen.expires_at));
  const taken = await retell.call.takeOverLive(live.call_id,
                                               { participant_id: listen.participant_id });
  assert.equal(taken.success, true);
  const done = await ended();
  await assert.rejects(retell.call.updateLive(done.call_id, {}), { status: 422 });
  await assert.rejects(retell.call.listenLive(done.call_id), { status: 422 });
});

test('rerunAnalysis answers with the call', async () => {
  const call = await ended();
  const { data, response } = await retell.call.rerunAnalysis(call.call_id).withResponse();
  assert.equal(response.status, 200);
  assert.equal(data.call_id, call.call_id);
});

test('delete erases: the call is then not found and not listed', async () => {
  const call = await ended();
  const { data, response } = await retell.call.delete(call.call_id).withResponse();
  assert.equal(response.status, 204);
  assert.equal(data, null);
  await assert.rejects(retell.call.retrieve(call.call_id), { status: 422 });
  const page = await retell.call.list({});
  assert.equal(page.items.length, 0);
  const [line] = await control('GET', '/sim/ledger');
  assert.equal(line.call_id, call.call_id);
  assert.equal(line.deleted, true);
});

test('createWebCall gives connection data, and a call nobody joins ends as such', async () => {
  const { data, response } =
    await retell.call.createWebCall({ agent_id: AGENT, metadata: {} }).withResponse();
  assert.equal(response.status, 201);
  assert.equal(data.transport, 'gateway');
  assert.equal(typeof data.access_token, 'string');
  assert.ok(Array.isArray(data.ice_servers) && data.ice_servers[0].urls);
  assert.ok(data.expires_at > Date.now());
  const call = await until(async () => {
    const now = await retell.call.retrieve(data.call_id);
    return now.call_status === 'error' ? now : null;
  });
  assert.equal(call.call_type, 'web_call');
  assert.equal(call.disconnection_reason, 'error_user_not_joined');
});

test('registerPhoneCall waits five minutes for its dial, then times out', async () => {
  const { data, response } = await retell.call.registerPhoneCall({
    agent_id: AGENT, direction: 'outbound', from_number: FROM, to_number: destination(),
  }).withResponse();
  assert.equal(response.status, 201);
  isPhoneCall(data);
  const call = await until(async () => {
    const now = await retell.call.retrieve(data.call_id);
    return now.call_status === 'error' ? now : null;
  });
  assert.equal(call.disconnection_reason, 'registered_call_timeout');
});

test('numbers are bought, imported, read, changed, listed and released', async () => {
  const bought = await retell.phoneNumber.create({
    area_code: 628, outbound_agents: [{ agent_id: AGENT, weight: 1 }], nickname: 'desk',
  }).withResponse();
  assert.equal(bought.response.status, 201);
  isNumber(bought.data);
  assert.equal(bought.data.area_code, 628);
  isNumber(await retell.phoneNumber.create({}));

  const imported = await retell.phoneNumber.import({
    phone_number: '+390699887766', termination_uri: 'x.pstn.example.test',
    sip_trunk_auth_username: 'u', sip_trunk_auth_password: 'p', transport: 'TLS',
  }).withResponse();
  assert.equal(imported.response.status, 201);
  isNumber(imported.data);
  assert.equal(imported.data.phone_number_type, 'custom');
  assert.equal(imported.data.sip_outbound_trunk_config?.termination_uri, 'x.pstn.example.test');

  const read = await retell.phoneNumber.retrieve('+390699887766');
  assert.deepEqual(read, imported.data);
  assert.equal((await raw('GET', '/get-phone-number/%2B390699887766')).status, 200);

  const changed = await retell.phoneNumber.update('+390699887766', {
    nickname: 'Rome', outbound_agents: [{ agent_id: AGENT, weight: 1 }],
  });
  assert.equal(changed.nickname, 'Rome');
  assert.equal((await retell.phoneNumber.update('+390699887766', { nickname: null })).nickname, null);

  const page = await retell.phoneNumber.list({ limit: 2, sort_order: 'ascending' });
  isPage(page);
  assert.equal(page.items.length, 2);
  const rest = await retell.phoneNumber.list({
    limit: 50, sort_order: 'ascending', pagination_key: page.pagination_key,
  });
  assert.equal(rest.has_more, false);
  assert.equal(new Set([...page.items, ...rest.items].map((n) => n.phone_number)).size, 5);

  const gone = await retell.phoneNumber.delete('+390699887766').withResponse();
  assert.equal(gone.response.status, 204);
  await assert.rejects(retell.phoneNumber.retrieve('+390699887766'), { status: 422 });
});

test('agents are listed, found by name, read by version', async () => {
  await control('POST', '/sim/config', {
    workspaces: [{ org_name: 'Demo', agents: [
      { agent_id: 'agent_draft', agent_name: 'Draft EN', version: 2, is_published: false },
      { agent_id: 'agent_chat', agent_name: 'Chat', channel: 'chat' },
    ] }],
  });
  const page = await retell.agent.list({ limit: 2 });
  isPage(page);
  assert.equal(page.items.length, 2);
  for (const item of page.items) {
    assert.equal(typeof item.agent_id, 'string');
    assert.equal(typeof item.agent_name, 'string');
    assert.ok(['voice', 'chat'].includes(item.channel));
    assert.ok(Array.isArray(item.tags));
    assert.ok(Number.isInteger(item.user_modified_timestamp));
  }
  const voices = await retell.agent.list({
    filter_criteria: { channel: { type: 'string', op: 'eq', value: 'voice' } },
  });
  assert.deepEqual(voices.items.map((a) => a.agent_id), [AGENT, 'agent_draft']);

  const agent = await retell.agent.retrieve(AGENT, { version: 'latest_published' });
  assert.equal(agent.agent_id, AGENT);
  assert.equal(agent.version, 3);
  assert.equal(agent.is_published, true);
  assert.equal(typeof agent.voice_id, 'string');
  assert.ok(agent.response_engine);
  assert.ok(Number.isInteger(agent.last_modification_timestamp));
  assert.equal((await retell.agent.retrieve(AGENT, { version: 1 })).version, 1);
  await assert.rejects(retell.agent.retrieve(AGENT, { version: 9 }), { status: 422 });
  await assert.rejects(retell.agent.retrieve('agent_none'), { status: 422 });

  const versions = await retell.agent.listVersions('agent_draft', {});
  isPage(versions);
  assert.deepEqual(versions.items.map((v) => [v.version, v.is_published]),
                   [[2, false], [1, true], [0, true]]);

  const draft = await retell.agent.update('agent_draft', {
    webhook_url: 'http://127.0.0.1:1/x', webhook_events: ['call_ended'], webhook_timeout_ms: 2000,
  });
  assert.equal(draft.webhook_url, 'http://127.0.0.1:1/x');
  assert.deepEqual(draft.webhook_events, ['call_ended']);
  await assert.rejects(retell.agent.update(AGENT, { webhook_url: null }), { status: 400 });
});

test('concurrency counts live calls', async () => {
  await talking();
  const concurrency = await retell.concurrency.retrieve();
  assert.equal(concurrency.current_concurrency, 1);
  for (const key of ['concurrency_limit', 'base_concurrency', 'purchased_concurrency',
                     'concurrency_purchase_limit', 'remaining_purchase_limit',
                     'reserved_inbound_concurrency', 'concurrency_burst_limit'])
    assert.ok(Number.isInteger(concurrency[/** @type {'concurrency_limit'} */ (key)]), key);
  assert.equal(typeof concurrency.concurrency_burst_enabled, 'boolean');
});

test('identity names the organisation', async () => {
  const who = await retell.identity.retrieve();
  assert.equal(who.org_name, 'Demo');
  assert.equal(who.api_key_name, null);
});

test('a batch call places its tasks, found by batch_call_id', async () => {
  const { data, response } = await retell.batchCall.createBatchCall({
    from_number: FROM, name: 'three',
    tasks: [1, 2, 3].map((n) => ({ to_number: destination(), metadata: { n } })),
  }).withResponse();
  assert.equal(response.status, 201);
  assert.equal(data.name, 'three');
  assert.equal(data.from_number, FROM);
  assert.equal(data.total_task_count, 3);
  assert.equal(typeof data.batch_call_id, 'string');
  assert.ok(Number.isInteger(data.scheduled_timestamp));
  const page = await until(async () => {
    const found = await retell.call.list({
      filter_criteria: { batch_call_id: { type: 'string', op: 'eq', value: data.batch_call_id } },
    });
    return found.items.length === 3 ? found : null;
  });
  assert.deepEqual(page.items.map((c) => /** @type {any} */ (c.metadata).n).sort(), [1, 2, 3]);
});

test('what has no route is a text 404', async () => {
  await assert.rejects(retell.call.retrieve(''), { status: 404 });
  const response = await raw('POST', '/v2/nope', '{}');
  assert.equal(response.status, 404);
  assert.equal(await response.text(), 'Cannot POST /v2/nope');
  assert.equal((await raw('GET', '/v2/create-phone-call')).status, 404);
});
