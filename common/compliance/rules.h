/*
 * rules.h - country rules as rows: the platform's and the tenant's own.
 *
 * Both apply; a tenant can only tighten.  A rule is a version: it holds from a day to a
 * day, by the clock of its zone; the next one closes it and nothing is edited.
 */
#ifndef AGORALIA_RULES_H
#define AGORALIA_RULES_H

#include "common/base/fields.h"
#include "common/compliance/law.h"

struct country_rule {
    const char *scope; /* "platform" or "tenant" */
    int64_t id;
    const char *country_iso;
    int64_t version;
    const char *effective_from, *effective_to; /* days, both included; to NULL = for good */
    struct tstamp superseded_at; /* replaced before its time: since then another holds */
    struct json_text sources;    /* where the law is written */
    bool review_required;        /* no lawyer of the country has confirmed it */
    struct json_text extended;   /* the document law.c reads: windows, holidays, caps ... */
    bool enabled;
    bool require_disclosure;
    const char *disclosure_text;
    bool require_explicit_consent;
    bool dnc_registry_enabled;
    const char *dnc_registry_name;
    bool dnc_check_required;
    bool quiet_hours_enabled;
    const char *quiet_hours;
    const char *timezone;
    bool require_recording_consent;
    const char *recording_disclosure_text;
    bool gdpr_applicable;
    struct opt_i64 data_retention_days;
    struct json_text metadata;
    struct tstamp created_at;
    struct tstamp updated_at;
};
extern const struct type country_rule_type;

#define COUNTRY_RULE_DEFAULTS \
    { \
        .enabled = true, .dnc_check_required = true \
    }

/* A rule in force, as a row and as the law that its document says. */
struct rule_in_force {
    bool platform; /* else the tenant's */
    const char *country_iso;
    int64_t id;
    int64_t version; /* of the row: a new one whenever it was touched */
    const struct law *law;
};

struct country_rules {
    struct rule_in_force *items;
    int n;
};

struct ask;
struct rows;

/*
 * Every rule in force at an instant for the countries named, platform's and
 * tenant's.  countries is a Postgres array literal; NULL means all.
 */
bool rules_in_force(struct op *op, const char *countries, struct tstamp at,
                    struct country_rules *out) MUSTCHECK;

/*
 * The same in two steps, for a caller that sends the statement with others.  The
 * platform's laws come from the application's cache; one that is not there yet
 * costs a query.
 */
const struct arg *rules_args(struct op *op, const char *countries, struct tstamp at);
bool rules_from_rows(struct op *op, struct rows *rows, struct country_rules *out) MUSTCHECK;

/* All in force on a day ("2026-08-10"; NULL = today), the tenant's own before the platform's. */
bool rule_list(struct op *op, const char *as_of, const char *country_iso, struct country_rule **out,
               int *n) MUSTCHECK;

/* Every version of a country, also those to come and those replaced; the latest first. */
bool rule_versions(struct op *op, const char *country_iso, struct country_rule **out,
                   int *n) MUSTCHECK;

/* Complaints for field tables: a readable window, an IANA zone.  NULL when s is one. */
const char *quiet_hours_complaint(const char *s);
const char *timezone_complaint(const char *s);
const char *day_complaint(const char *s);

/*
 * Open this version, from today unless it says another day.  It replaces one that began the
 * same day or, beginning today, the one in force; beginning later it ends an open one the day
 * before.  What it replaces does not come back after it.
 *
 * May be called with complaints about the form in op (VALIDATION_ERROR): they are answered
 * together with those found here.  RULE_OVERLAPS when the only one is that another version
 * holds some of its days.
 */
bool rule_put(struct op *op, struct country_rule *r) MUSTCHECK;

#endif
