/* dial.c - one POST, then what is known about it. */

#include "common/call/dial.h"

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/digest.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "queries.h"

#include <inttypes.h>
#include <openssl/hmac.h>

/* Rows that no request ever left for, or that a full provider turned away, do not try for ever. */
enum { MAX_ATTEMPTS = 10, STANDSTILL_SECONDS = 300, BACKOFF_MAX_SECONDS = 300 };

/* A provider at its limit has room again when a call ends, which is soon. */
enum { BUSY_MAX_SECONDS = 8 };

const char *attempt_signature(struct op *op, const char *attempt_id, int64_t scheduled_call_id)
{
    const char *key = op->app->provider->signing_key;
    const char *text = arena_printf(&op->arena, "%s|%" PRId64 "|%" PRId64, attempt_id,
                                    scheduled_call_id, op->tenant_id);
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    char *hex = arena_alloc(&op->arena, 2 * 16 + 1);

    HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)text, strlen(text), mac, &n);
    hex_write(hex, mac, 16);
    return hex;
}

/* Ours first, then the client's, which never begins with aga_. */
static const char *metadata_of(struct op *op, const struct claim *c)
{
    const char *theirs = c->metadata.text;
    const char *rest = theirs ? strchr(theirs, '{') : NULL;
    bool any = rest && strspn(rest + 1, " ") != strcspn(rest + 1, "}");

    return arena_printf(&op->arena,
                        "{\"aga_attempt\":\"%s\",\"aga_sc\":\"%" PRId64
                        "\",\"aga_tenant\":\"%" PRId64 "\",\"aga_sig\":\"%s\"%s%s",
                        c->attempt_id, c->scheduled_call_id, op->tenant_id,
                        attempt_signature(op, c->attempt_id, c->scheduled_call_id), any ? "," : "",
                        any ? rest + 1 : "}");
}

static const char *webhook_url(struct op *op)
{
    const char *base = op->app->conf->public_url;

    return base ? arena_printf(&op->arena, "%s/api/v1/webhooks/retell", base) : NULL;
}

int dial_backoff_seconds(enum dial_refusal refusal, int attempt, int retry_after_seconds)
{
    int shift = attempt < 8 ? attempt - 1 : 7;
    int seconds = 1 << (shift > 0 ? shift : 0);
    int most = refusal == REFUSAL_BUSY ? BUSY_MAX_SECONDS : BACKOFF_MAX_SECONDS;

    if (refusal == REFUSAL_UNPAID || refusal == REFUSAL_CREDENTIALS)
        return STANDSTILL_SECONDS;
    if (seconds > most)
        seconds = most;
    if (retry_after_seconds > seconds)
        seconds = retry_after_seconds;
    return seconds < BACKOFF_MAX_SECONDS ? seconds : BACKOFF_MAX_SECONDS;
}

static const char *refusal_reason(enum dial_refusal refusal)
{
    switch (refusal) {
    case REFUSAL_NONE: return "PROVIDER_REFUSED";
    case REFUSAL_BUSY: return "PROVIDER_BUSY";
    case REFUSAL_UNPAID: return "PROVIDER_UNPAID";
    case REFUSAL_CREDENTIALS: return "PROVIDER_CREDENTIALS";
    case REFUSAL_FROM_NUMBER: return "FROM_NUMBER_REFUSED";
    case REFUSAL_REQUEST: return "REQUEST_REFUSED";
    }
    return "PROVIDER_REFUSED";
}

/* Refusals about the request itself come back the same however often it is sent. */
static bool worth_repeating(const struct claim *c, const struct dial_answer *a)
{
    if (a->refusal == REFUSAL_FROM_NUMBER || a->refusal == REFUSAL_REQUEST)
        return false;
    return a->refusal == REFUSAL_BUSY || c->attempt < MAX_ATTEMPTS;
}

static const char *evidence_of(struct op *op, const struct dial_answer *a)
{
    return arena_printf(&op->arena, "HTTP %d %s", a->http_status, a->message ? a->message : "");
}

static bool record_accepted(struct op *op, const struct claim *c, const struct dial_answer *a)
{
    struct rows rows;
    const struct arg *args =
        ARGS({"attempt_id", c->attempt_id}, {"provider_call_id", a->provider_call_id},
             {"http_status", sql_i64(op, a->http_status)}, {"evidence", evidence_of(op, a)},
             {"poll_seconds", sql_i64(op, op->app->conf->call_poll_seconds)});

    if (!db_query(op, &SQL_ATTEMPT_ACCEPTED, args, &rows))
        return false;
    if (rows.n)
        return true;
    log_error(op, "call.accepted_late", F("attempt", c->attempt_id),
              F("provider_call_id", a->provider_call_id));
    return db_query(op, &SQL_ATTEMPT_ACCEPTED_LATE, args, &rows);
}

static bool record_over(struct op *op, const struct claim *c, const struct dial_answer *a)
{
    bool sent = a->result == DIAL_REJECTED;
    int wait = dial_backoff_seconds(a->refusal, c->attempt, a->retry_after_seconds);
    struct rows rows;

    return db_query(op, &SQL_ATTEMPT_OVER,
                    ARGS({"attempt_id", c->attempt_id}, {"state", sent ? "rejected" : "refuted"},
                         {"http_status", sql_i64(op, a->http_status)},
                         {"evidence", evidence_of(op, a)},
                         {"reason", sent ? refusal_reason(a->refusal) : "NEVER_SENT"},
                         {"again_seconds", worth_repeating(c, a) ? sql_i64(op, wait) : NULL}),
                    &rows);
}

static bool record_unknown(struct op *op, const struct claim *c, const struct dial_answer *a)
{
    struct rows rows;

    return db_query(op, &SQL_ATTEMPT_UNKNOWN,
                    ARGS({"attempt_id", c->attempt_id},
                         {"http_status", sql_i64(op, a->http_status)},
                         {"evidence", evidence_of(op, a)}),
                    &rows);
}

bool attempt_record(struct op *op, const struct claim *c, const struct dial_answer *a)
{
    static const char *const results[] = {"accepted", "rejected", "never_sent", "unknown"};

    metric_add(M_DIALS, 1, LABELS(results[a->result]));
    log_info(op, "call.dialled", F("scheduled_call_id", c->scheduled_call_id),
             F("attempt", c->attempt_id), F("result", results[a->result]), P("to", c->to_number),
             F("provider_call_id", a->provider_call_id), F("answer", a->message));
    switch (a->result) {
    case DIAL_ACCEPTED: return record_accepted(op, c, a);
    case DIAL_REJECTED: return record_over(op, c, a);
    case DIAL_NEVER_SENT: return record_over(op, c, a);
    case DIAL_UNKNOWN: return record_unknown(op, c, a);
    }
    return false;
}

/* No session is held while the provider thinks; the deadline of the intent is the last moment to
 * send. */
bool call_dial(struct op *op, const struct claim *c)
{
    const struct provider *p = op->app->provider;
    struct dial_answer answer = {0};
    const struct dial_request request = {
        .from_number = c->from_number,
        .to_number = c->to_number,
        .agent_id = c->agent_id,
        .metadata = metadata_of(op, c),
        .webhook_url = webhook_url(op),
        .send_before_us = c->send_before_us,
    };

    db_release(op);
    if (clock_boot_us() >= c->send_before_us)
        answer = (struct dial_answer){.result = DIAL_NEVER_SENT, .message = "too late to send"};
    else
        p->create_phone_call(op, p, &request, &answer);
    return attempt_record(op, c, &answer);
}
