/* facts.c - columns and documents as facts; what is not understood stays unknown. */

#include "common/compliance/facts.h"

#include "common/base/json.h"
#include "common/number/country.h"

#include <stdio.h>
#include <strings.h>

static const struct cJSON *parse(struct op *op, struct json_text text)
{
    const struct cJSON *v = NULL;

    if (text.text && !json_parse(op, str_of(text.text), &v)) {
        op_forgive(op);
        return NULL;
    }
    return v;
}

static bool is_true(const struct cJSON *object, const char *key)
{
    const struct cJSON *v = json_get(object, key);

    return v && json_is_true(v);
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcasecmp(word, *words) == 0)
            return true;
    return false;
}

static enum consent_basis basis_named(const char *word)
{
    static const char *const interest[] = {"legitimate_interest", "legitimate interest",
                                           "legitimate-interest", NULL};

    if (!word)
        return BASIS_OTHER;
    if (is_one_of(word, interest))
        return BASIS_LEGITIMATE_INTEREST;
    if (strcasecmp(word, "consent") == 0)
        return BASIS_CONSENT;
    return strcasecmp(word, "contract") == 0 ? BASIS_CONTRACT : BASIS_OTHER;
}

/* A word that is not known proves nothing. */
static enum consent_level level_named(const char *word)
{
    static const char *const written[] = {"written", "prior_express_written", "express_written",
                                          NULL};
    static const char *const express[] = {"express", "prior_express", NULL};

    if (!word)
        return LEVEL_UNKNOWN;
    if (is_one_of(word, written))
        return LEVEL_WRITTEN;
    return is_one_of(word, express) ? LEVEL_EXPRESS : LEVEL_LESS;
}

/* What the ledger says goes before what stands in the metadata. */
static const struct cJSON *term(const struct cJSON *terms, const struct cJSON *metadata,
                                const char *key)
{
    const struct cJSON *v = json_get(terms, key);

    return v ? v : json_get(metadata, key);
}

static void read_channels(const struct cJSON *list, struct lead_facts *out)
{

    out->channels_known = list && json_is_array(list);
    if (!out->channels_known)
        return;
    for (const struct cJSON *v = json_first(list); v; v = json_next(v)) {
        const char *word = json_string(v) ? json_string(v) : "";
        if (strcmp(word, "automated_voice") == 0)
            out->channels |= CHANNEL_AUTOMATED_VOICE;
        else if (strcmp(word, "artificial_voice") == 0)
            out->channels |= CHANNEL_ARTIFICIAL_VOICE;
    }
}

static void read_zone(const struct cJSON *metadata, struct lead_facts *out)
{
    const char *name = json_get_string(metadata, "timezone");

    if (!name)
        return;
    out->zone = tz_get(name);
    out->zone_invalid = out->zone == NULL;
    out->zone_verified = is_true(metadata, "timezone_verified");
}

static void read_sectors(struct op *op, const struct cJSON *metadata, const char *key,
                         struct lead_facts *out)
{
    const struct cJSON *list = json_get(metadata, key);

    if (!list || !json_is_array(list))
        return;
    for (const struct cJSON *v = json_first(list); v; v = json_next(v))
        if (json_string(v) && out->n_sectors < FACTS_MAX_SECTORS)
            out->sectors[out->n_sectors++] = arena_strdup(&op->arena, json_string(v));
}

static void copy_word(char *out, size_t size, const char *word)
{
    if (word && strlen(word) < size)
        snprintf(out, size, "%s", word);
}

static void read_terms(const struct cJSON *terms, const struct cJSON *metadata,
                       struct lead_facts *out)
{
    const struct cJSON *expires = term(terms, metadata, "consent_expires_at");
    const struct cJSON *level = term(terms, metadata, "consent_level");
    const char *end = expires ? json_string(expires) : NULL;

    /* An end that cannot be read is taken as long past. */
    if (expires && !json_is_null(expires) && !tstamp_parse(str_of(end), &out->consent_expires))
        out->consent_expires.us = 1;
    out->level = level_named(level ? json_string(level) : NULL);
    read_channels(term(terms, metadata, "consent_channels"), out);
}

static void read_metadata(struct op *op, const struct cJSON *metadata, struct lead_facts *out)
{
    const char *segment = json_get_string(metadata, "segment");

    if (segment)
        out->segment = strcmp(segment, "b2b") == 0 ? SEGMENT_B2B : SEGMENT_B2C;
    out->contract_active = is_true(metadata, "contract_active");
    copy_word(out->state, sizeof(out->state), json_get_string(metadata, "state"));
    read_zone(metadata, out);
    read_sectors(op, metadata, "consent_sectors", out);
    read_sectors(op, metadata, "requested_sectors", out);
}

struct lead_facts facts_of_lead(struct op *op, const struct lead *l)
{
    const struct cJSON *metadata = parse(op, l->metadata);
    struct lead_facts out = {.known = true,
                             .consent = l->consent_status,
                             .basis = basis_named(l->consent_basis),
                             .consent_date = l->consent_date,
                             .has_source = l->consent_source && l->consent_source[0]};

    copy_word(out.country_iso, sizeof(out.country_iso),
              l->country_iso ? country_of_rules(l->country_iso) : NULL);
    copy_word(out.language, sizeof(out.language), l->preferred_lang);
    read_terms(parse(op, l->consent_terms), metadata, &out);
    if (metadata)
        read_metadata(op, metadata, &out);
    return out;
}

static const struct override *override_for(struct op *op, const struct cJSON *all,
                                           const char *country)
{
    const struct cJSON *v = all && country[0] ? json_get(all, country) : NULL;

    return v ? override_parse(op, v) : NULL;
}

struct campaign_facts facts_of_campaign(struct op *op, const struct campaign_columns *c,
                                        const char *country_iso, const char *lead_country)
{
    const struct cJSON *overrides = parse(op, c->country_rules_override);
    const struct cJSON *metadata = parse(op, c->metadata);
    struct campaign_facts out = {.exclude_dnc = c->exclude_dnc,
                                 .quiet_set = c->quiet_hours != NULL,
                                 .zone = c->timezone ? tz_get(c->timezone) : NULL,
                                 .end = c->end_date};

    out.quiet_invalid = c->quiet_hours && quiet_parse(str_of(c->quiet_hours), &out.quiet);
    if (metadata && json_get_string(metadata, "sector"))
        out.sector = arena_strdup(&op->arena, json_get_string(metadata, "sector"));
    out.override = override_for(op, overrides, country_iso);
    if (strcmp(country_iso, lead_country) != 0)
        out.lead_override = override_for(op, overrides, lead_country);
    return out;
}
