/* record.c - facts and verdict as canonical JSON, written straight into a buffer. */

#include "common/compliance/record.h"

#include "common/base/buf.h"
#include "common/base/digest.h"
#include "common/base/id.h"
#include "common/ledger/chain.h"

enum { SALT_BYTES = 16 };

const char *const decision_basis_names[4] = {"other", "consent", "contract", "legitimate_interest"};
const char *const decision_level_names[4] = {"unknown", "less", "express", "written"};
const char *const decision_segment_names[3] = {"unknown", "b2c", "b2b"};
const char *const decision_origin_names[3] = {"manual", "registry", "opt_out"};
const char *const decision_end_names[3] = {"other", "refused", "silent"};

/* The name of the next member; a comma before it unless it is the first. */
static void name(struct buf *b, const char *key)
{
    if (b->n && b->p[b->n - 1] != '{')
        buf_char(b, ',');
    buf_char(b, '"');
    buf_str(b, key);
    buf_str(b, "\":");
}

static void text(struct buf *b, const char *key, const char *value)
{
    if (!value)
        return;
    name(b, key);
    buf_json_string(b, str_of(value));
}

static void flag(struct buf *b, const char *key, bool value)
{
    if (!value)
        return;
    name(b, key);
    buf_str(b, "true");
}

static void number(struct buf *b, const char *key, int64_t value)
{
    if (!value)
        return;
    name(b, key);
    buf_i64(b, value);
}

static void open_list(struct buf *b, const char *key)
{
    name(b, key);
    buf_char(b, '[');
}

static void next_item(struct buf *b)
{
    if (b->p[b->n - 1] != '[')
        buf_char(b, ',');
}

static void item(struct buf *b, const char *value)
{
    next_item(b);
    buf_json_string(b, str_of(value));
}

static void zones(struct buf *b, const struct tz *const *list, int n)
{
    open_list(b, "zones");
    for (int i = 0; i < n; i++)
        item(b, tz_name(list[i]));
    buf_char(b, ']');
}

static void hash_of(struct buf *b, const char *key, const char *value)
{
    char hex[SHA256_HEX_SIZE];

    if (!value)
        return;
    digest_hex(DIGEST_SHA256, str_of(value), hex);
    text(b, key, hex);
}

static void codes(struct buf *b, uint64_t bits)
{
    open_list(b, "codes");
    for (enum compliance_code c = 0; c < CC_COUNT; c++)
        if (bits & CODE_BIT(c))
            item(b, compliance_code_name(c));
    buf_char(b, ']');
}

static void warnings(struct buf *b, uint64_t bits)
{
    open_list(b, "warnings");
    for (enum compliance_warning w = 0; w < CW_COUNT; w++)
        if (bits & CODE_BIT(w))
            item(b, compliance_warning_name(w));
    buf_char(b, ']');
}

void decision_write_verdict(struct buf *b, const struct compliance_verdict *v)
{
    buf_char(b, '{');
    text(b, "status", verdict_status_names[v->status]);
    text(b, "code", compliance_code_name(v->code));
    codes(b, v->codes);
    warnings(b, v->warnings);
    text(b, "dnc", check_names[v->dnc]);
    text(b, "quiet_hours", check_names[v->quiet_hours]);
    text(b, "consent", check_names[v->consent]);
    text(b, "disclosure", check_names[v->disclosure]);
    number(b, "next_allowed_at", v->next_allowed_at.us);
    zones(b, v->zones, v->n_zones);
    hash_of(b, "disclosure_text", v->disclosure_text);
    text(b, "disclosure_language", v->disclosure_language);
    hash_of(b, "recording_text", v->recording_text);
    text(b, "recording", v->recording == RECORDING_ASK_FIRST ? "ask_first" : "announce");
    buf_char(b, '}');
}

static void laws(struct buf *b, const struct compliance_facts *f)
{
    open_list(b, "laws");
    for (int i = 0; i < f->n_laws; i++) {
        next_item(b);
        buf_char(b, '{');
        text(b, "document", f->laws[i].law->row.document_hash);
        flag(b, "tenant", f->laws[i].tenant);
        flag(b, "of_lead", f->laws[i].of_lead);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void override(struct buf *b, const char *key, const struct override *o)
{
    if (!o)
        return;
    name(b, key);
    buf_char(b, '{');
    text(b, "source", o->source);
    flag(b, "permitted", o->grant.permitted);
    buf_char(b, '}');
}

static void campaign(struct buf *b, const struct campaign_facts *c)
{
    name(b, "campaign");
    buf_char(b, '{');
    flag(b, "exclude_dnc", c->exclude_dnc);
    flag(b, "quiet_set", c->quiet_set);
    flag(b, "quiet_invalid", c->quiet_invalid);
    number(b, "quiet_start", c->quiet.start_minute);
    number(b, "quiet_end", c->quiet.end_minute);
    text(b, "zone", c->zone ? tz_name(c->zone) : NULL);
    number(b, "end", c->end.us);
    text(b, "sector", c->sector);
    override(b, "override", c->override);
    override(b, "lead_override", c->lead_override);
    buf_char(b, '}');
}

static void called_number(struct buf *b, const struct number_facts *n)
{
    name(b, "number");
    buf_char(b, '{');
    text(b, "fault", number_fault_name(n->fault));
    text(b, "e164", n->e164);
    text(b, "region", n->region);
    text(b, "type", phone_type_name(n->type));
    zones(b, n->zones, n->n_zones);
    buf_char(b, '}');
}

static void sectors(struct buf *b, const struct lead_facts *l)
{
    open_list(b, "sectors");
    for (int i = 0; i < l->n_sectors; i++)
        item(b, l->sectors[i]);
    buf_char(b, ']');
}

static void lead(struct buf *b, const struct lead_facts *l)
{
    name(b, "lead");
    buf_char(b, '{');
    flag(b, "known", l->known);
    text(b, "country", l->country_iso);
    text(b, "consent", consent_status_names[l->consent]);
    text(b, "basis", decision_basis_names[l->basis]);
    number(b, "consent_date", l->consent_date.us);
    number(b, "consent_expires", l->consent_expires.us);
    flag(b, "has_source", l->has_source);
    flag(b, "channels_known", l->channels_known);
    number(b, "channels", l->channels);
    text(b, "level", decision_level_names[l->level]);
    text(b, "segment", decision_segment_names[l->segment]);
    flag(b, "contract_active", l->contract_active);
    text(b, "zone", l->zone ? tz_name(l->zone) : NULL);
    flag(b, "zone_invalid", l->zone_invalid);
    flag(b, "zone_verified", l->zone_verified);
    text(b, "state", l->state);
    text(b, "language", l->language);
    sectors(b, l);
    buf_char(b, '}');
}

static void lists(struct buf *b, const struct compliance_facts *f)
{
    open_list(b, "dnc");
    for (int i = 0; i < f->n_dnc; i++) {
        next_item(b);
        buf_char(b, '{');
        text(b, "origin", decision_origin_names[f->dnc[i].origin]);
        flag(b, "platform", f->dnc[i].platform);
        number(b, "listed_at", f->dnc[i].listed_at.us);
        number(b, "expires_at", f->dnc[i].expires_at.us);
        number(b, "deleted_at", f->dnc[i].deleted_at.us);
        buf_char(b, '}');
    }
    buf_char(b, ']');
    open_list(b, "scrubs");
    for (int i = 0; i < f->n_scrubs; i++) {
        next_item(b);
        buf_char(b, '{');
        text(b, "registry", f->scrubs[i].registry);
        number(b, "at", f->scrubs[i].at.us);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void attempts(struct buf *b, const struct compliance_facts *f)
{
    open_list(b, "attempts");
    for (int i = 0; i < f->n_attempts; i++) {
        next_item(b);
        buf_char(b, '{');
        number(b, "at", f->attempts[i].at.us);
        text(b, "end", decision_end_names[f->attempts[i].end]);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void write_personal(struct buf *b, const struct compliance_facts *f)
{
    buf_char(b, '{');
    called_number(b, &f->number);
    text(b, "from", f->from_number);
    lead(b, &f->lead);
    lists(b, f);
    attempts(b, f);
    buf_char(b, '}');
}

static void write_record(struct buf *b, const struct compliance_facts *f,
                         const struct compliance_verdict *v, const char *commitment)
{
    buf_char(b, '{');
    number(b, "version", 1);
    text(b, "engine", COMPLIANCE_ENGINE_VERSION);
    text(b, "tzdata", tz_version());
    text(b, "phone", phone_data_version());
    number(b, "at", f->at.us);
    number(b, "guard_seconds", f->guard_seconds);
    flag(b, "advisory", f->advisory);
    flag(b, "no_rule_warns", f->policy.no_rule_warns);
    flag(b, "unknown_scope_blocks", f->policy.unknown_scope_blocks);
    text(b, "country", f->country_iso);
    laws(b, f);
    campaign(b, &f->campaign);
    name(b, "verdict");
    decision_write_verdict(b, v);
    text(b, "commitment", commitment);
    buf_char(b, '}');
}

static const char *kept(struct op *op, struct buf *b)
{
    const char *copy = arena_strndup(&op->arena, b->p, b->n);

    buf_reset(b);
    return copy;
}

struct decision_record decision_record(struct op *op, const struct compliance_facts *f,
                                       const struct compliance_verdict *v)
{
    unsigned char salt[SALT_BYTES];
    char hex[2 * SALT_BYTES + 1], commitment[CHAIN_HEX_SIZE];
    struct decision_record out;
    struct buf b = {0};

    random_bytes(salt, sizeof(salt));
    hex_write(hex, salt, sizeof(salt));
    write_personal(&b, f);
    commitment_of((struct str){(const char *)salt, sizeof(salt)}, buf_view(&b), commitment);
    out.personal = kept(op, &b);
    out.salt = arena_strdup(&op->arena, hex);
    write_record(&b, f, v, commitment);
    out.record = kept(op, &b);
    buf_free(&b);
    return out;
}
