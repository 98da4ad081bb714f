/* call_json.c - call objects, field by field as they fall due. */

#include "tests/retell_sim/call_json.h"

#include "tests/retell_sim/json.h"
#include "tests/retell_sim/json_out.h"
#include "tests/retell_sim/transcript.h"

#include <stdio.h>

const char *const sim_storage_names[] = {"everything", "everything_except_pii",
                                         "basic_attributes_only", NULL};

static const char *const sentiments[] = {"Neutral", "Positive", "Negative", "Unknown"};
static const double sentiment_weights[] = {0.5, 0.3, 0.15, 0.05};

static bool was_connected(const struct sim_call *c)
{
    return c->start_ms > 0;
}

const char *sim_call_reason(const struct sim_config *c, const struct sim_call *call)
{
    return sim_outcome_name(
        sim_outcome_at_level((enum sim_outcome)call->outcome, c->enum_level == 1));
}

int sim_call_turns(const struct sim_call *call)
{
    int turns = call->talk_ms / 15000 + 1;

    return turns < SIM_TRANSCRIPT_LINES ? turns : SIM_TRANSCRIPT_LINES;
}

static double carrier_cents_per_min(const struct sim_config *c, const struct sim_call *call)
{
    size_t best = 0;
    double cents = 0;

    for (struct sim_json_iter i = sim_json_items(buf_view(&c->cents_per_min)); sim_json_next(&i);)
        if (i.key.n >= best && str_starts(str_of(call->to), i.key)) {
            best = i.key.n;
            cents = sim_json_number(i.value);
        }
    return cents;
}

static double carrier_cost(const struct sim_config *c, const struct sim_call *call)
{
    return (double)call->duration_ms / 60000 * carrier_cents_per_min(c, call);
}

static double voice_cost(const struct sim_config *c, const struct sim_call *call)
{
    return (double)call->duration_ms / 1000 * c->cents_per_sec;
}

struct sim_facts sim_call_facts(const struct sim_config *c, const struct sim_call *call)
{
    struct sim_rng r = sim_rng_for(c->seed, SIM_RNG_TEXT, call->ordinal);
    size_t mood = sim_rng_pick(&r, sentiment_weights, ARRAY_LEN(sentiment_weights));
    bool chance = sim_rng_chance(&r, c->analysis_success_rate);
    double e2e = sim_rng_lognormal(&r, 1170, 2490);
    enum sim_outcome o = (enum sim_outcome)call->outcome;
    bool talked = was_connected(call) && call->status == SIM_ENDED && o != SIM_OUT_voicemail_reached
                  && o != SIM_OUT_ivr_reached && o != SIM_OUT_inactivity;

    return (struct sim_facts){
        .cost_cents = call->ended ? voice_cost(c, call) + carrier_cost(c, call) : 0,
        .e2e_p50_ms = was_connected(call) && call->ended ? e2e : 0,
        .successful = talked && (o == SIM_OUT_call_transfer || chance),
        .voicemail = o == SIM_OUT_voicemail_reached,
        .sentiment = talked ? sentiments[mood] : "Unknown",
    };
}

void sim_call_custom(struct buf *b, const struct sim_config *c, const struct sim_call *call)
{
    struct sim_rng r = sim_rng_for(c->seed, SIM_RNG_TEXT, ~(uint64_t)call->ordinal);
    struct str fields = buf_view(&c->analysis_custom);
    char key[64];

    sim_open(b, "custom_analysis_data", '{');
    for (struct sim_json_iter f = sim_json_items(fields);
         was_connected(call) && sim_json_next(&f);) {
        double at = sim_rng_unit(&r);
        snprintf(key, sizeof(key), "%.*s", (int)f.key.n, f.key.p);
        for (struct sim_json_iter v = sim_json_items(f.value); sim_json_next(&v);) {
            double p = sim_json_number(v.value);
            if (at < p) {
                sim_put_str(b, key, v.key);
                break;
            }
            at -= p;
        }
    }
    sim_close(b, '}');
}

static void put_analysis(struct buf *b, const struct sim_config *c, const struct sim_call *call)
{
    struct sim_facts facts = sim_call_facts(c, call);

    sim_open(b, "call_analysis", '{');
    sim_put_text(b, "call_summary",
                 was_connected(call) ? "The agent introduced the offer and noted the answer."
                                     : "The call did not connect.");
    sim_put_bool(b, "in_voicemail", facts.voicemail);
    sim_put_text(b, "user_sentiment", facts.sentiment);
    sim_put_bool(b, "call_successful", facts.successful);
    sim_call_custom(b, c, call);
    sim_close(b, '}');
}

static void put_product(struct buf *b, const char *product, double unit_price, double cost)
{
    sim_open(b, NULL, '{');
    sim_put_text(b, "product", product);
    sim_put_number(b, "unit_price", unit_price);
    sim_put_number(b, "cost", cost);
    sim_close(b, '}');
}

static void put_cost(struct buf *b, const struct sim_config *c, const struct sim_call *call)
{
    double carrier = carrier_cents_per_min(c, call) / 60;

    sim_open(b, "call_cost", '{');
    sim_open(b, "product_costs", '[');
    put_product(b, "retell_platform", c->cents_per_sec, voice_cost(c, call));
    if (carrier > 0)
        put_product(b, "telephony", carrier, carrier_cost(c, call));
    sim_close(b, ']');
    sim_put_i64(b, "total_duration_seconds", (call->duration_ms + 999) / 1000);
    sim_put_number(b, "total_duration_unit_price", c->cents_per_sec + carrier);
    sim_put_number(b, "combined_cost", voice_cost(c, call) + carrier_cost(c, call));
    sim_close(b, '}');
}

static void put_latency(struct buf *b, const char *key, double p50, int64_t num)
{
    sim_open(b, key, '{');
    sim_put_i64(b, "p50", (int64_t)p50);
    sim_put_i64(b, "p90", (int64_t)(p50 * 1.7));
    sim_put_i64(b, "p95", (int64_t)(p50 * 2.1));
    sim_put_i64(b, "p99", (int64_t)(p50 * 2.9));
    sim_put_i64(b, "min", (int64_t)(p50 * 0.6));
    sim_put_i64(b, "max", (int64_t)(p50 * 3.1));
    sim_put_i64(b, "num", num);
    sim_open(b, "values", '[');
    sim_put_i64(b, NULL, (int64_t)p50);
    sim_close(b, ']');
    sim_close(b, '}');
}

static void put_identity(struct buf *b, const struct sim_call *c)
{
    sim_put_text(b, "call_id", c->id);
    sim_put_text(b, "call_type", c->kind == SIM_WEB ? "web_call" : "phone_call");
    sim_put_text(b, "agent_id", c->agent_id);
    sim_put_i64(b, "agent_version", c->agent_version);
    sim_put_if_text(b, "agent_name", c->agent_name);
    sim_put_text(b, "call_status", sim_status_name((enum sim_status)c->status));
    if (c->kind == SIM_WEB) {
        sim_put_text(b, "access_token", c->id + 5);
        return;
    }
    sim_put_text(b, "direction", c->inbound ? "inbound" : "outbound");
    sim_put_text(b, "from_number", c->from);
    sim_put_text(b, "to_number", c->to);
    if (was_connected(c)) {
        sim_open(b, "telephony_identifier", '{');
        sim_put_text(b, "twilio_call_sid", c->id);
        sim_close(b, '}');
    }
}

static void put_recording(struct buf *b, const struct sim_call *c, const char *key,
                          const char *file)
{
    sim_key(b, key);
    buf_printf(b, "\"https://sim.invalid/%s/%s\"", c->id, file);
}

static void put_spoken(struct buf *b, const struct sim_config *c, const struct sim_call *call,
                       enum sim_view view)
{
    struct sim_facts facts = sim_call_facts(c, call);
    int turns = sim_call_turns(call);

    if (view == SIM_VIEW_FULL) {
        sim_transcript_put(b, call, turns);
        put_recording(b, call, "recording_url", "recording.wav");
        put_recording(b, call, "recording_multi_channel_url", "recording_multichannel.wav");
        put_recording(b, call, "public_log_url", "public_log.txt");
    }
    sim_open(b, "latency", '{');
    put_latency(b, "e2e", facts.e2e_p50_ms, turns);
    put_latency(b, "llm", facts.e2e_p50_ms * 0.5, turns);
    put_latency(b, "tts", facts.e2e_p50_ms * 0.2, turns);
    sim_close(b, '}');
    sim_open(b, "llm_token_usage", '{');
    sim_open(b, "values", '[');
    for (int i = 0; i < turns; i++)
        sim_put_i64(b, NULL, 900 + 60 * i);
    sim_close(b, ']');
    sim_put_number(b, "average", 900 + 30 * (turns - 1));
    sim_put_i64(b, "num_requests", turns);
    sim_close(b, '}');
}

static void put_end(struct buf *b, const struct sim_config *c, const struct sim_call *call,
                    enum sim_view view)
{
    sim_put_i64(b, "end_timestamp", call->end_ms);
    if (was_connected(call))
        sim_put_i64(b, "duration_ms", call->duration_ms);
    sim_put_text(b, "disconnection_reason", sim_call_reason(c, call));
    if (call->outcome == SIM_OUT_call_transfer || call->outcome == SIM_OUT_transfer_bridged)
        sim_put_text(b, "transfer_destination", "+14155550100");
    if (was_connected(call))
        put_spoken(b, c, call, view);
    put_cost(b, c, call);
}

void sim_call_json(struct buf *b, const struct sim_config *c, const struct sim_call *call,
                   enum sim_view view)
{
    buf_char(b, '{');
    put_identity(b, call);
    sim_put_json(b, "metadata", call->metadata);
    sim_put_json(b, "retell_llm_dynamic_variables", call->variables);
    sim_put_json(b, "custom_sip_headers", call->sip_headers);
    sim_put_text(b, "data_storage_setting", sim_storage_names[call->storage]);
    sim_put_bool(b, "opt_in_signed_url", false);
    if (was_connected(call))
        sim_put_i64(b, "start_timestamp", call->start_ms);
    if (view == SIM_VIEW_LIVE)
        sim_transcript_put(b, call, call->turn);
    if (call->ended)
        put_end(b, c, call, view);
    if (call->analyzed)
        put_analysis(b, c, call);
    buf_char(b, '}');
}
