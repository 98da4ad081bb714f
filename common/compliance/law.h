/*
 * law.h - one version of a country's rule, parsed once, immutable, for any thread.
 *
 * The columns of a rule row and its `extended` document.  Whatever is there and not
 * understood is remembered: such a law refuses every call, it never approves one.
 */
#ifndef AGORALIA_COMPLIANCE_LAW_H
#define AGORALIA_COMPLIANCE_LAW_H

#include "common/base/fields.h"
#include "common/compliance/window.h"

struct tz;

/* Days since 1970 between which something is law; from 0 = always was, to 0 = still is. */
struct in_force {
    int32_t from_day, to_day;
};

static inline bool in_force_on(const struct in_force *f, int64_t day)
{
    return day >= f->from_day && (!f->to_day || day <= f->to_day);
}

enum consent_regime {
    REGIME_NONE, /* nothing said: require_explicit_consent decides */
    REGIME_OPT_IN,
    REGIME_OPT_IN_WRITTEN,
    REGIME_OPT_OUT,
    REGIME_PROHIBITED,
};

enum consent_level { LEVEL_UNKNOWN, LEVEL_LESS, LEVEL_EXPRESS, LEVEL_WRITTEN };

/* What a consent may be given for, as bits. */
enum consent_channel { CHANNEL_AUTOMATED_VOICE = 1, CHANNEL_ARTIFICIAL_VOICE = 2 };

struct consent_demand {
    enum consent_regime regime;
    enum consent_level level;
    unsigned channel;                 /* the one it must be given for; 0 = any */
    int max_age_months, max_age_days; /* 0 = no limit */
    bool customers_exempt;
    bool proof_required;
};

struct attempt_cap {
    int max;
    int period_hours; /* rolling; or */
    int period_days;  /* calendar days of the called person, today among them */
};

enum { LAW_MAX_CAPS = 8, LAW_MAX_ATTEMPTS = 64, LAW_MAX_AREA_DIGITS = 6 };

/* When a law or a part of one lets people be called, and how often. */
struct law_times {
    bool quiet_set, week_set, invalid; /* invalid: there are windows that cannot be read */
    struct quiet_window quiet;
    struct week week;
    struct calendar calendar;
    struct attempt_cap caps[LAW_MAX_CAPS];
    int n_caps;
    int refusal_cooldown_days; /* whole days after the day of a refusal; 0 = none */
    int silent_cooldown_days, silent_cooldown_hours; /* after a call in which nobody spoke */
};

/* What a state or an overseas territory adds. */
struct sub_law {
    const char *region; /* "US-FL" */
    struct in_force in_force;
    struct law_times times;
    const struct tz **zones; /* where its people live, when the number does not tell */
    int n_zones;
    char countries[8][3]; /* numbers of these territories */
    int n_countries;
    struct consent_demand b2c; /* regime REGIME_NONE = nothing of its own */
    bool all_party_recording;
};

/* A number that begins with these digits (calling code and area code) ... */
struct area {
    uint64_t digits;
    const struct sub_law *sub; /* ... is this territory's, or NULL and */
    const struct tz **zones;   /* ... may ring in any of these zones */
    int n_zones;
};

enum registry_enforcement { REGISTRY_OFF, REGISTRY_WARN, REGISTRY_BLOCK };
enum registry_override { OVERRIDE_NEVER, OVERRIDE_AFTER_LISTING, OVERRIDE_ANY };

struct registry_law {
    bool set; /* else only listings count */
    const char *name;
    enum registry_enforcement enforcement;
    enum registry_override consent;
    int validity_days;
    bool covers_b2b;
};

struct sector_law {
    const char *sector;
    bool prohibited; /* else specific consent, or the person asked for it */
    struct in_force in_force;
};

/* What has to be said, as a template. */
struct law_text {
    const char *language; /* "pt-BR"; "" = not said */
    const char *text;     /* NULL = none */
    bool valid;           /* the template can be rendered */
};

enum loosenable {
    LOOSEN_QUIET_HOURS = 1,
    LOOSEN_QUIET_HOURS_ENABLED = 2,
    LOOSEN_EXPLICIT_CONSENT = 4,
    LOOSEN_DISCLOSURE = 8,
    LOOSEN_RECORDING_CONSENT = 16,
    LOOSEN_REGISTRY = 32,
};

/* A rule row's columns: as the statements and the documents name them, extended NULL = none. */
#define LAW_COLUMNS(X) \
    X(int64_t, id) \
    X(const char *, document_hash) /* under which law_documents has it; NULL = nowhere */ \
    X(const char *, country_iso) \
    X(bool, enabled) \
    X(bool, require_disclosure) \
    X(const char *, disclosure_text) \
    X(bool, require_explicit_consent) \
    X(bool, dnc_registry_enabled) \
    X(bool, dnc_check_required) \
    X(bool, quiet_hours_enabled) \
    X(const char *, quiet_hours) \
    X(const char *, timezone) \
    X(bool, require_recording_consent) \
    X(const char *, recording_disclosure_text) \
    X(int64_t, data_retention_days) \
    X(const char *, extended)

struct law_row {
#define X(type, column) type column;
    LAW_COLUMNS(X)
#undef X
};
extern const struct type law_row_type;

struct law {
    struct law_row row; /* what it was read from: read again, it gives the same law */
    int64_t id;
    const char *country_iso;
    bool enabled;
    bool require_disclosure, require_explicit_consent, require_recording_consent;
    bool dnc_check_required, dnc_registry_enabled;
    bool quiet_hours_enabled;
    int64_t data_retention_days; /* 0 = not said */
    const struct tz *zone;       /* NULL = none given */
    bool zone_fixed;             /* everybody is called by `zone`, wherever they are */
    const struct tz **zones;     /* of the country */
    int n_zones;
    struct law_times times;
    struct sub_law *subs;
    int n_subs;
    const struct area *areas; /* ascending by digits */
    int n_areas;
    unsigned area_widths; /* bit w: there are areas of w digits */
    struct consent_demand b2c, b2b;
    bool default_b2b;
    struct registry_law registry;
    const char **caller_forbidden, **caller_allowed; /* prefixes; NULL-terminated */
    bool caller_unlisted_forbidden;
    bool ai_required;
    struct in_force ai_in_force;
    const struct sector_law *sectors;
    int n_sectors;
    unsigned loosenable;                                       /* bits */
    struct law_text disclosure, recording;                     /* the row's own */
    bool names_company_and_ai;                                 /* the row's own disclosure does */
    const struct law_text *disclosure_texts, *recording_texts; /* by language */
    int n_disclosure_texts, n_recording_texts;
    bool all_party_recording;
    bool recording_by_state;    /* some territories ask for all parties: so does an unknown one */
    const char *not_understood; /* what, for people; NULL = everything was understood */
};

/* In op's arena, with everything it points to.  Never fails: what cannot be read is in the law. */
const struct law *law_parse(struct op *op, const struct law_row *row);

/* The areas whose digits begin this number: *n of them, side by side in law->areas. */
const struct area *law_areas(const struct law *law, const char *e164, int width, int *n);

#endif
