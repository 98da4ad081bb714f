/* retell_call.c - Retell's Call object, read openly: what we do not know is passed over. */

#include "common/base/json.h"
#include "common/provider/retell.h"

#include <math.h>

/* Year 9999: anything later is not a time. */
#define MAX_EPOCH_MS INT64_C(253402300799999)

/* Milliseconds as an integer, or as the float some payloads carry; 0 = untold. */
static int64_t read_ms(const struct cJSON *object, const char *key)
{
    int64_t ms = 0;
    double d = 0;

    if (!json_get_i64(object, key, &ms) && json_get_number(object, key, &d) && d >= 0
        && d <= (double)MAX_EPOCH_MS)
        ms = (int64_t)d;
    return ms > 0 && ms <= MAX_EPOCH_MS ? ms : 0;
}

struct tstamp retell_instant(const struct cJSON *object, const char *key)
{
    return (struct tstamp){read_ms(object, key) * 1000};
}

static struct json_text read_text(struct op *op, const struct cJSON *v, bool right_type)
{
    return (struct json_text){right_type ? json_text(op, v) : NULL};
}

static double read_cost(const struct cJSON *call)
{
    double cents;

    if (!json_get_number(json_get(call, "call_cost"), "combined_cost", &cents) || !isfinite(cents)
        || cents < 0)
        return -1;
    return cents;
}

bool retell_read_call(struct op *op, const struct cJSON *call, struct provider_call *out)
{
    const struct cJSON *metadata = json_get(call, "metadata");
    const struct cJSON *transcript = json_get(call, "transcript_object");
    const struct cJSON *analysis = json_get(call, "call_analysis");

    *out = (struct provider_call){
        .provider_call_id = json_get_string(call, "call_id"),
        .status = json_get_string(call, "call_status"),
        .direction = json_get_string(call, "direction"),
        .agent_id = json_get_string(call, "agent_id"),
        .from_number = json_get_string(call, "from_number"),
        .to_number = json_get_string(call, "to_number"),
        .disconnection_reason = json_get_string(call, "disconnection_reason"),
        .started_at = retell_instant(call, "start_timestamp"),
        .ended_at = retell_instant(call, "end_timestamp"),
        .duration_ms = read_ms(call, "duration_ms"),
        .recording_url = json_get_string(call, "recording_url"),
        .metadata = read_text(op, metadata, json_is_object(metadata)),
        .transcript = read_text(op, transcript, json_is_array(transcript)),
        .analysis = read_text(op, analysis, json_is_object(analysis)),
        .cost_cents = read_cost(call),
    };
    return out->provider_call_id && *out->provider_call_id;
}
