/* oracle.c - no cleverness: ask every rule at every minute. */

#include "tests/support/oracle_bench.h"

static bool begins(const char *number, const char *const *prefixes)
{
    bool any = false;

    for (int i = 0; prefixes[i]; i++)
        any |= strncmp(number, prefixes[i], strlen(prefixes[i])) == 0;
    return any;
}

static void ask_caller_id(struct bench *b)
{
    const char *from = b->f->from_number;

    if (from && !*from)
        refuse(b, CC_CALLER_ID_ANONYMOUS);
    for (int i = 0; from && *from && i < b->n; i++) {
        const struct law *law = b->rules[i].law;
        bool unlisted = law->caller_allowed[0] && !begins(from, law->caller_allowed);
        if (begins(from, law->caller_forbidden) || (unlisted && law->caller_unlisted_forbidden))
            refuse(b, CC_CALLER_ID_FORBIDDEN);
        b->a->warned |= unlisted;
    }
}

static void ask_sector(struct bench *b)
{
    const char *sector = b->f->campaign.sector;
    bool wanted = false;

    for (int i = 0; sector && b->f->lead.known && i < b->f->lead.n_sectors; i++)
        wanted |= strcmp(b->f->lead.sectors[i], sector) == 0;
    for (int i = 0; sector && i < b->n; i++)
        for (int s = 0; s < b->rules[i].law->n_sectors; s++) {
            const struct sector_law *law = &b->rules[i].law->sectors[s];
            if (strcmp(law->sector, sector) != 0
                || !is_day_of(&b->rules[i], &law->in_force, b->f->at.us))
                continue;
            if (law->prohibited)
                refuse(b, CC_SECTOR_PROHIBITED);
            else if (!wanted)
                refuse(b, CC_SECTOR_CONSENT);
        }
}

static bool ai_must_be_named(const struct bench *b, const struct rule *r)
{
    return r->law->ai_required && is_day_of(r, &r->law->ai_in_force, b->f->at.us);
}

static bool must_speak(const struct bench *b, const struct rule *r)
{
    bool ai = ai_must_be_named(b, r);
    bool waived = r->o && no(r->o->require_disclosure) && r->law->require_disclosure
                  && !r->law->ai_required && has_grant(r, LOOSEN_DISCLOSURE, b->f->at.us);

    return ai || (r->law->require_disclosure && !waived) || (r->o && yes(r->o->require_disclosure));
}

/* Only whether there is a text and it is sound: these facts have the row's own and no other. */
static void ask_disclosure(struct bench *b)
{
    const struct law_text *text = NULL;
    bool needed = false, ai = false;

    for (int i = 0; i < b->n; i++) {
        needed |= must_speak(b, &b->rules[i]);
        ai |= ai_must_be_named(b, &b->rules[i]);
    }
    for (int i = 0; i < b->n && !text; i++) {
        const struct law *law = b->rules[i].law;
        if (!b->rules[i].tenant || !law->disclosure.text)
            continue;
        if (ai && law->disclosure.valid && !law->names_company_and_ai)
            b->a->warned = true;
        else
            text = &law->disclosure;
    }
    for (int i = 0; i < b->n && !text; i++)
        if (b->rules[i].law->disclosure.text)
            text = &b->rules[i].law->disclosure;
    if (needed && !text)
        b->a->warned = true;
    if (needed && text && !text->valid)
        refuse(b, CC_DISCLOSURE_TEMPLATE_INVALID);
}

/* Loosenings, taken or not, are worth a warning. */
static bool loosens(const struct bench *b, const struct rule *r)
{
    const struct override *o = r->o;
    const struct law *law = r->law;
    const struct consent_demand *d = is_business(b->f, law) ? &law->b2b : &law->b2c;

    if (!o)
        return false;
    return o->timezone_set || (no(o->dnc_check_required) && law->dnc_check_required)
           || (no(o->require_explicit_consent)
               && (law->require_explicit_consent || regime_asks(d->regime)))
           || (no(o->require_disclosure) && (law->require_disclosure || law->ai_required))
           || (no(o->require_recording_consent) && law->require_recording_consent)
           || (no(o->dnc_registry_enabled) && law->dnc_registry_enabled)
           || (no(o->quiet_hours_enabled) && law->quiet_hours_enabled) || r->opens;
}

static bool tenant_loosens(const struct bench *b)
{
    for (int i = 0; i < b->n; i++)
        for (int j = 0; j < b->n; j++) {
            const struct rule *p = &b->rules[i], *t = &b->rules[j];
            if (!p->tenant && t->tenant && p->of_lead == t->of_lead && p->law->quiet_hours_enabled
                && t->law->quiet_hours_enabled && p->law->times.quiet_set && t->law->times.quiet_set
                && !p->law->times.invalid && !t->law->times.invalid
                && !covers(&t->law->times.quiet, &p->law->times.quiet))
                return true;
        }
    return false;
}

static bool has_rule(const struct bench *b, bool of_lead)
{
    for (int i = 0; i < b->n; i++)
        if (!b->rules[i].tenant && b->rules[i].of_lead == of_lead)
            return true;
    return false;
}

/* False when the decision ends with this. */
static bool ask_country(struct bench *b)
{
    const struct compliance_facts *f = b->f;
    bool abroad = f->lead.country_iso[0] && strcmp(f->lead.country_iso, f->country_iso) != 0;

    if (!f->country_iso[0]) {
        refuse(b, CC_COUNTRY_UNKNOWN);
        return false;
    }
    b->a->warned |= abroad;
    bool known = has_rule(b, false) && (!abroad || has_rule(b, true));
    if (!known && f->policy.no_rule_warns)
        b->a->warned = true;
    else if (!known)
        refuse(b, CC_COUNTRY_NO_RULE);
    if (!has_rule(b, false) || b->a->codes) {
        b->n = 0;
        oracle_ask_lists(b);
        if (f->lead.known && f->lead.consent == CONSENT_DENIED)
            refuse(b, CC_CONSENT_DENIED);
        return false;
    }
    for (int i = 0; i < b->n; i++) {
        const struct rule *r = &b->rules[i];
        if (!r->law->enabled || (r->o && no(r->o->enabled)))
            refuse(b, CC_COUNTRY_DISABLED);
        if (r->law->not_understood || (r->o && r->o->not_understood))
            refuse(b, CC_COUNTRY_RULE_INVALID);
        if (r->o && r->o->quiet_set && r->o->quiet_invalid)
            refuse(b, CC_QUIET_HOURS_INVALID_CONFIG);
        b->a->warned |= loosens(b, r);
    }
    b->a->warned |= tenant_loosens(b);
    return !(b->a->codes & CODE_BIT(CC_COUNTRY_DISABLED));
}

static int longest_wait(const struct law_times *t)
{
    int days = t->refusal_cooldown_days > t->silent_cooldown_days ? t->refusal_cooldown_days
                                                                  : t->silent_cooldown_days;

    if (t->silent_cooldown_hours / 24 + 1 > days)
        days = t->silent_cooldown_hours / 24 + 1;
    for (int i = 0; i < t->n_caps; i++) {
        int cap =
            t->caps[i].period_days ? t->caps[i].period_days : (t->caps[i].period_hours + 23) / 24;
        days = cap > days ? cap : days;
    }
    return days;
}

static void find_next(struct bench *b)
{
    int64_t us = b->f->at.us, end = us;
    int days = 1;

    for (int i = 0; i < b->n; i++)
        for (int s = -1; s < b->rules[i].n_subs; s++) {
            int own = longest_wait(s < 0 ? &b->rules[i].law->times : &b->rules[i].subs[s]->times);
            days = own > days ? own : days;
        }
    end += (40 + days) * DAY;
    oracle_find_releases(b);
    while (us <= end && !oracle_is_open_over(b, us))
        us = oracle_next_look(b, us);
    if (us > end)
        return;
    bool warned = b->a->warned;
    bool lapsed = oracle_consent_codes(b, us) != 0;
    b->a->warned = warned || lapsed;
    if (!lapsed && (!b->f->campaign.end.us || us < b->f->campaign.end.us))
        b->a->next_us = us;
}

struct oracle_answer oracle_decide(const struct compliance_facts *f)
{
    const uint64_t passing = CODE_BIT(CC_QUIET_HOURS) | CODE_BIT(CC_QUIET_HOURS_HOLIDAY)
                             | CODE_BIT(CC_QUIET_HOURS_CAMPAIGN) | CODE_BIT(CC_FREQUENCY_CAP)
                             | CODE_BIT(CC_FREQUENCY_COOLDOWN);
    struct oracle_answer answer = {0};
    struct bench b = {.f = f, .a = &answer};

    oracle_assemble(&b);
    if (!ask_country(&b))
        return answer;
    oracle_locate(&b);
    oracle_ask_lists(&b);
    answer.codes |= oracle_codes_over(&b, f->at.us) | oracle_consent_codes(&b, f->at.us);
    if (oracle_has_bad_window(&b))
        refuse(&b, CC_QUIET_HOURS_INVALID_CONFIG);
    ask_caller_id(&b);
    ask_sector(&b);
    ask_disclosure(&b);
    if (answer.codes && !(answer.codes & ~passing))
        find_next(&b);
    return answer;
}
