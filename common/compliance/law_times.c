/* law_times.c - windows, holidays, caps and cooldowns of a law or of a part of it. */

#include "common/compliance/law_reader.h"

static const char *const cap_keys[] = {"max",   "period_hours", "period_days", "unit",
                                       "scope", "counts",       "legal_force", "source",
                                       "note",  "certainty",    NULL};

static void read_windows(struct law_reader *r, const struct cJSON *object, const char *quiet_hours,
                         struct law_times *out)
{
    const struct cJSON *week = law_member(object, "call_windows");
    struct str quiet = str_of(quiet_hours);

    while (quiet.n && quiet.p[0] == ' ') {
        quiet.p++;
        quiet.n--;
    }
    if (quiet.n) {
        out->quiet_set = true;
        out->invalid = quiet_parse(quiet, &out->quiet) != NULL;
    }
    if (week) {
        out->week_set = true;
        out->invalid |= week_parse(week, &out->week) != NULL;
    }
    (void)r;
}

/* A part without holidays of its own keeps the law's. */
static void read_calendar(struct law_reader *r, const struct cJSON *object, struct law_times *out)
{
    static const char *const keys[] = {"calendar_id", "behaviour", "dates", "note", NULL};
    const struct cJSON *holidays = law_member(object, "holidays");

    if (!holidays) {
        out->calendar = r->law->times.calendar;
        return;
    }
    law_only(r, holidays, keys);
    const struct cJSON *dates = law_member(holidays, "dates");
    if (dates && calendar_parse(&r->op->arena, dates, &out->calendar))
        out->invalid = true;
}

static void read_cap(struct law_reader *r, const struct cJSON *v, struct law_times *out)
{
    static const char *const units[] = {"hour", "calendar_day", NULL};
    static const char *const scopes[] = {"seller_to_person", "same_subject", NULL};
    static const char *const counted[] = {"attempts", NULL};
    struct attempt_cap cap = {.max = law_count(r, v, "max", LAW_MAX_ATTEMPTS),
                              .period_hours = law_count(r, v, "period_hours", 24 * 366),
                              .period_days = law_count(r, v, "period_days", 366)};
    int unit = law_word(r, v, "unit", units, cap.period_days ? 1 : 0);

    law_only(r, v, cap_keys);
    law_word(r, v, "scope", scopes, 0);
    law_word(r, v, "counts", counted, 0);
    if (!cap.max || !cap.period_hours == !cap.period_days || (unit == 1) != (cap.period_days > 0)
        || out->n_caps == LAW_MAX_CAPS)
        law_misread(r, "attempt_caps");
    else
        out->caps[out->n_caps++] = cap;
}

void law_read_times(struct law_reader *r, const struct cJSON *object, const char *quiet_hours,
                    struct law_times *out)
{
    const struct cJSON *caps = law_member(object, "attempt_caps");
    const struct cJSON *silent = law_member(object, "abandoned_calls");

    read_windows(r, object, quiet_hours, out);
    read_calendar(r, object, out);
    if (law_list(r, caps))
        for (const struct cJSON *v = json_first(caps); v; v = json_next(v))
            read_cap(r, v, out);
    out->refusal_cooldown_days = law_count(r, object, "refusal_cooldown_days", 366);
    out->silent_cooldown_days = law_count(r, silent, "recall_cooldown_days", 366);
    out->silent_cooldown_hours = law_count(r, silent, "recall_cooldown_hours", 24 * 366);
}
