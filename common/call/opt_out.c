/* opt_out.c - heard in a call, written under the number's lock. */

#include "common/call/opt_out.h"

#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/campaign/opt_out_phrases.h"
#include "common/store/db.h"
#include "queries.h"

/* Who hangs up earlier did not wait for the first word. */
enum { PATIENCE_MS = 2000 };

static bool write_for_all(struct op *op, const char *e164)
{
    struct rows locked, opted;

    return db_ask(op,
                  (const struct ask[]){{&SQL_OPT_OUT_LOCK_ALL, NO_ARGS, &locked},
                                       {&SQL_OPT_OUT_OF_ALL, ARGS({"to_number", e164}), &opted}},
                  2);
}

bool opt_out_write(struct op *op, const char *e164, bool from_anybody)
{
    struct rows waiting, locked, opted;

    if (from_anybody && !write_for_all(op, e164))
        return false;
    return db_ask(op,
                  (const struct ask[]){{&SQL_WAITING_LOCK, ARGS({"e164", e164}), &waiting},
                                       {&SQL_DNC_LOCK, ARGS({"e164", e164}), &locked},
                                       {&SQL_EVENT_OPT_OUT, ARGS({"to_number", e164}), &opted}},
                  3);
}

/* What the analysis says, as the agent was told to extract it: a flag may come as a text. */
static void read_analysis(struct op *op, struct json_text analysis, bool *asked, bool *of_all)
{
    const struct cJSON *v;

    *asked = *of_all = false;
    if (!analysis.text || !json_parse(op, str_of(analysis.text), &v)) {
        op_forgive(op);
        return;
    }
    const struct cJSON *custom = json_get(v, "custom_analysis_data");
    const struct cJSON *flag = json_get(custom, "user_requested_dnc");
    const char *word = json_string(flag), *scope = json_get_string(custom, "dnc_scope");
    *of_all = scope && strcmp(scope, "platform") == 0;
    *asked = *of_all || json_is_true(flag) || (word && strcmp(word, "true") == 0);
}

bool opt_out_hear(struct op *op, const struct attempt *a, const struct provider_call *pc)
{
    const struct json_text phrases = {a->opt_out_phrases};
    const char *phrase;
    bool asked, of_all;

    read_analysis(op, pc->analysis, &asked, &of_all);
    if (!opt_out_phrases_find(op, phrases, pc->transcript, &phrase))
        return false;
    if (!asked && !phrase)
        return true;
    log_info(op, "call.opted_out", F("attempt_id", a->id), F("call_id", a->call_id),
             F("by", phrase ? "phrase" : "analysis"), F("of_all", of_all));
    return opt_out_write(op, a->to_number, of_all);
}

static bool agent_spoke(const struct cJSON *transcript)
{
    for (const struct cJSON *v = json_first(transcript); v; v = json_next(v)) {
        const char *role = json_get_string(v, "role"), *content = json_get_string(v, "content");
        if (role && content && strcmp(role, "agent") == 0
            && strspn(content, " \t\r\n.") < strlen(content))
            return true;
    }
    return false;
}

static bool was_answered_by_somebody(const struct provider_call *pc, const char *outcome)
{
    return pc->started_at.us && strcmp(outcome, "voicemail") != 0 && strcmp(outcome, "ivr") != 0
           && (!pc->duration_ms || pc->duration_ms >= PATIENCE_MS);
}

struct opt_bool call_was_silent(struct op *op, const struct provider_call *pc, const char *outcome)
{
    const struct cJSON *transcript;

    if (!outcome || !pc->transcript.text)
        return (struct opt_bool){0};
    if (!json_parse(op, str_of(pc->transcript.text), &transcript)) {
        op_forgive(op);
        return (struct opt_bool){0};
    }
    return (struct opt_bool){true,
                             was_answered_by_somebody(pc, outcome) && !agent_spoke(transcript)};
}
