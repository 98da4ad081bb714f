/*
 * facts.h - everything a decision rests on, as plain data.
 *
 * Whoever asks fills it in; the engine reads nothing else.  Names are resolved
 * before: zones and laws are pointers to what never changes, the rest is values.
 */
#ifndef AGORALIA_COMPLIANCE_FACTS_H
#define AGORALIA_COMPLIANCE_FACTS_H

#include "common/base/tstamp.h"
#include "common/base/tz.h"
#include "common/compliance/law.h"
#include "common/compliance/override.h"
#include "common/lead/lead.h"
#include "common/number/number_text.h"
#include "common/number/phone_facts.h"

enum { FACTS_MAX_ZONES = 48, FACTS_MAX_LAWS = 4, FACTS_MAX_SCRUBS = 4, FACTS_MAX_SECTORS = 4 };

/* What the numbering plan tells of a number.  Zones are a hint, not the truth. */
struct number_facts {
    enum number_fault fault; /* anything but NUMBER_OK: it is not a number */
    char e164[17];
    char region[3]; /* "GP"; "" = of no country */
    enum phone_type type;
    const struct tz *zones[FACTS_MAX_ZONES];
    int n_zones;
};

/* A law in force at the instant: the platform's, or the tenant's own beside it. */
struct law_in_force {
    const struct law *law;
    bool tenant;
    bool of_lead; /* of the country the lead lives in, which is not the number's */
};

struct campaign_facts {
    bool exclude_dnc;
    bool quiet_set, quiet_invalid; /* invalid: there is a window, and it cannot be read */
    struct quiet_window quiet;
    const struct tz *zone; /* NULL = none, or unknown */
    struct tstamp end;
    const char *sector; /* NULL = not said */
    /* Its country_rules_override for the number's country and for the lead's; NULL = none. */
    const struct override *override, *lead_override;
};

enum lead_segment { SEGMENT_UNKNOWN, SEGMENT_B2C, SEGMENT_B2B };
enum consent_basis { BASIS_OTHER, BASIS_CONSENT, BASIS_CONTRACT, BASIS_LEGITIMATE_INTEREST };

struct lead_facts {
    bool known;
    char country_iso[3]; /* whose rules apply where it lives; "" = as the number */
    enum consent_status consent;
    enum consent_basis basis;
    struct tstamp consent_date, consent_expires;
    bool has_source;
    bool channels_known;
    unsigned channels; /* bits of enum consent_channel */
    enum consent_level level;
    enum lead_segment segment;
    bool contract_active;
    const struct tz *zone;
    bool zone_invalid, zone_verified;
    char state[8];                          /* "FL"; "" = unknown */
    char language[12];                      /* "it", "pt-BR"; "" = unknown */
    const char *sectors[FACTS_MAX_SECTORS]; /* agreed to, or asked for, by name */
    int n_sectors;
};

enum dnc_origin { ORIGIN_MANUAL, ORIGIN_REGISTRY, ORIGIN_OPT_OUT };

/* An entry for this number: the tenant's, or everybody's. */
struct dnc_fact {
    enum dnc_origin origin;
    bool platform;
    struct tstamp listed_at, expires_at, deleted_at; /* null = not known, never, not */
};

/* When the number was last compared with a registry. */
struct scrub_fact {
    const char *registry; /* NULL = the one that is asked about */
    struct tstamp at;
};

enum attempt_end { ATTEMPT_OTHER, ATTEMPT_REFUSED, ATTEMPT_SILENT };

/* A call attempt to this person by this tenant, answered or not. */
struct attempt_fact {
    struct tstamp at;
    enum attempt_end end;
};

struct policy_facts {
    bool no_rule_warns;        /* a country without a rule: a warning, not a refusal */
    bool unknown_scope_blocks; /* a consent that does not say what for: a refusal, not a warning */
};

struct compliance_facts {
    struct tstamp at;  /* when the phone would ring */
    int guard_seconds; /* the call must still be allowed this much later */
    bool advisory;     /* a question, not a call: no lead is no refusal */
    struct policy_facts policy;
    struct number_facts number;
    char country_iso[3];     /* whose rules apply to the number; "" = unknown */
    const char *from_number; /* NULL = not chosen yet, "" = withheld */
    struct law_in_force laws[FACTS_MAX_LAWS];
    int n_laws;
    struct campaign_facts campaign;
    struct lead_facts lead;
    const struct dnc_fact *dnc;
    int n_dnc;
    struct scrub_fact scrubs[FACTS_MAX_SCRUBS];
    int n_scrubs;
    const struct attempt_fact *attempts;
    int n_attempts;
};

/* What a lead's columns and metadata say, in words the engine knows. */
struct lead_facts facts_of_lead(struct op *op, const struct lead *l);

/* A campaign's columns as they are stored; all null for a call outside any. */
struct campaign_columns {
    bool exclude_dnc;
    const char *quiet_hours;
    const char *timezone;
    struct tstamp end_date;
    struct json_text country_rules_override, metadata;
};

/* The override is looked up for the countries whose rules apply; "" = none. */
struct campaign_facts facts_of_campaign(struct op *op, const struct campaign_columns *c,
                                        const char *country_iso, const char *lead_country);

static inline bool facts_business(const struct compliance_facts *f, const struct law *law)
{
    return f->lead.known && f->lead.segment != SEGMENT_UNKNOWN ? f->lead.segment == SEGMENT_B2B
                                                               : f->lead.known && law->default_b2b;
}

#endif
