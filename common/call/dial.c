/* dial.c - one POST, then what is known about it. */

#include "common/call/dial.h"

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/digest.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/provider/provider.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "queries.h"

#include <inttypes.h>

enum { ATTEMPT_SIGNATURE_BYTES = 16, ATTEMPT_SIGNATURE_SIZE = 2 * ATTEMPT_SIGNATURE_BYTES + 1 };

const char *attempt_signature(struct op *op, const char *attempt_id, int64_t scheduled_call_id)
{
    struct str key = str_of(op->app->provider->signing_key);
    struct str text = str_of(arena_printf(&op->arena, "%s|%" PRId64 "|%" PRId64, attempt_id,
                                          scheduled_call_id, op->tenant_id));
    unsigned char mac[SHA256_BYTES];
    char *hex = arena_alloc(&op->arena, ATTEMPT_SIGNATURE_SIZE);

    hmac_sha256(key, &text, 1, mac);
    hex_write(hex, mac, ATTEMPT_SIGNATURE_BYTES);
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

/* No session is held while the provider thinks; the deadline of the intent is the last moment to
 * send. */
bool call_dial(struct op *op, const struct claim *c)
{
    const struct provider *p = c->workspace;
    struct dial_answer answer = {0};
    const struct dial_request request = {
        .from_number = c->from_number,
        .to_number = c->to_number,
        .agent_id = c->agent_id,
        .metadata = metadata_of(op, c),
        .webhook_url = webhook_url(op),
        .idempotency_key = c->keyed ? c->attempt_id : NULL,
        .send_before_us = c->send_before_us,
    };

    db_release(op);
    if (clock_boot_us() >= c->send_before_us)
        answer = (struct dial_answer){.result = DIAL_NEVER_SENT, .message = "too late to send"};
    else
        p->create_phone_call(op, p, &request, &answer);
    return attempt_record(op, c, &answer);
}
