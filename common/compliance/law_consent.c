/* law_consent.c - whose consent is asked for, and what the registries of objections mean. */

#include "common/compliance/law_reader.h"

static const char *const regimes[] = {"",        "opt_in",     "opt_in_written",
                                      "opt_out", "prohibited", NULL};

enum consent_regime law_regime(struct law_reader *r, const struct cJSON *object, const char *key)
{
    return (enum consent_regime)law_word(r, object, key, regimes, REGIME_NONE);
}

static enum consent_level read_level(struct law_reader *r, const struct cJSON *v)
{
    static const char *const words[] = {"express", "prior_express", "written",
                                        "prior_express_written", NULL};
    int word = law_word(r, v, "level", words, -1);

    return word < 0 ? LEVEL_UNKNOWN : word < 2 ? LEVEL_EXPRESS : LEVEL_WRITTEN;
}

static unsigned read_channel(struct law_reader *r, const struct cJSON *v)
{
    static const char *const words[] = {"automated_voice", "artificial_voice", NULL};
    int word = law_word(r, v, "channel_scope", words, -1);

    return word < 0 ? 0 : word == 0 ? CHANNEL_AUTOMATED_VOICE : CHANNEL_ARTIFICIAL_VOICE;
}

static struct consent_demand read_demand(struct law_reader *r, const struct cJSON *v)
{
    static const char *const keys[] = {"regime",         "level",        "channel_scope",
                                       "max_age_months", "max_age_days", "existing_customer_exempt",
                                       "proof_required", "note",         NULL};
    struct consent_demand demand = {.regime = law_regime(r, v, "regime"),
                                    .level = read_level(r, v),
                                    .channel = read_channel(r, v),
                                    .max_age_months = law_count(r, v, "max_age_months", 1200),
                                    .max_age_days = law_count(r, v, "max_age_days", 36600),
                                    .customers_exempt =
                                        law_flag(r, v, "existing_customer_exempt", false),
                                    .proof_required = law_flag(r, v, "proof_required", false)};

    law_only(r, v, keys);
    if (demand.regime == REGIME_NONE)
        law_misread(r, "regime");
    if (demand.regime == REGIME_OPT_IN_WRITTEN)
        demand.level = LEVEL_WRITTEN;
    return demand;
}

void law_read_consent(struct law_reader *r, const struct cJSON *extended)
{
    static const char *const keys[] = {"b2c", "b2b", "default_segment", "min_record", NULL};
    static const char *const segments[] = {"b2c", "b2b", NULL};
    const struct cJSON *v = law_member(extended, "consent");

    if (!v)
        return;
    r->where = "consent";
    law_only(r, v, keys);
    if (law_member(v, "b2c"))
        r->law->b2c = read_demand(r, law_member(v, "b2c"));
    if (law_member(v, "b2b"))
        r->law->b2b = read_demand(r, law_member(v, "b2b"));
    r->law->default_b2b = law_word(r, v, "default_segment", segments, 0) == 1;
}

void law_read_registry(struct law_reader *r, const struct cJSON *extended)
{
    static const char *const keys[] = {"registry",
                                       "registry_scrub_validity_days",
                                       "registry_enforcement",
                                       "consent_overrides_registry",
                                       "covers_b2b",
                                       "internal_opt_out_never_expires",
                                       "note",
                                       NULL};
    static const char *const enforcements[] = {"off", "warn", "block", NULL};
    static const char *const overrides[] = {"never", "after_listing", "any", NULL};
    const struct cJSON *v = law_member(extended, "dnc");

    if (!v)
        return;
    r->where = "dnc";
    law_only(r, v, keys);
    struct registry_law *out = &r->law->registry;
    out->set = true;
    out->name = law_string(r, v, "registry");
    out->enforcement = (enum registry_enforcement)law_word(r, v, "registry_enforcement",
                                                           enforcements, REGISTRY_BLOCK);
    out->consent = (enum registry_override)law_word(r, v, "consent_overrides_registry", overrides,
                                                    OVERRIDE_NEVER);
    out->validity_days = law_count(r, v, "registry_scrub_validity_days", 3660);
    out->covers_b2b = law_flag(r, v, "covers_b2b", true);
    if (out->enforcement == REGISTRY_BLOCK && !out->validity_days)
        law_misread(r, "registry_scrub_validity_days");
}
