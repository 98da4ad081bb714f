/*
 * import_row.c - cells to a lead.
 *
 * What decides whether and whom to call is refused when it cannot be read; the
 * rest (an e-mail address, a language) is left out with a notice.
 */

#include "common/lead/import_row.h"

#include "common/lead/consent_words.h"
#include "common/lead/date_cell.h"
#include "common/number/country.h"
#include "common/number/phone_facts.h"

#include <stdio.h>

static const char *const column_names[] = {
    [LEAD_PHONE] = "phone",
    [LEAD_NAME] = "name",
    [LEAD_FIRST_NAME] = "first_name",
    [LEAD_LAST_NAME] = "last_name",
    [LEAD_EMAIL] = "email",
    [LEAD_COMPANY] = "company",
    [LEAD_ROLE] = "role",
    [LEAD_COUNTRY] = "country_iso",
    [LEAD_LANGUAGE] = "preferred_lang",
    [LEAD_CONSENT_STATUS] = "consent_status",
    [LEAD_CONSENT_BASIS] = "consent_basis",
    [LEAD_CONSENT_DATE] = "consent_date",
    [LEAD_CONSENT_SOURCE] = "consent_source",
    [LEAD_CAMPAIGN_ID] = "campaign_id",
};

/* One record on its way to being a lead. */
struct reading {
    struct arena *arena;
    const struct import_rules *rules;
    const struct csv_record *record;
    struct import_report *report;
    struct import_row *out;
};

static struct str cell(const struct reading *r, enum lead_column column)
{
    return lead_cell(r->record, &r->rules->columns, column);
}

static bool refuse(const struct reading *r, enum lead_column column, const char *code,
                   struct str value)
{
    import_error(r->report,
                 &(struct import_error){r->record->line, column_names[column], code, value});
    return false;
}

static void note(const struct reading *r, const char *code, enum lead_column column)
{
    import_notice(r->report,
                  &(struct import_notice){code, column_names[column], 1, r->record->line, NULL});
}

static bool read_text(const struct reading *r, enum lead_column column, size_t max,
                      const char **out)
{
    struct str text = cell(r, column);

    if (text.n > max)
        return refuse(r, column, "FIELD_TOO_LONG", STR(""));
    *out = text.n ? arena_strndup(r->arena, text.p, text.n) : NULL;
    return true;
}

static const char *write_others(const struct reading *r, const struct phone_cell *phones)
{
    struct buf json = {0};

    buf_str(&json, "{\"other_phones\":[");
    for (size_t i = 0; i < phones->nothers; i++)
        buf_printf(&json, "%s\"%s\"", i ? "," : "", phones->others[i].text);
    buf_str(&json, "]}");
    const char *text = arena_strndup(r->arena, json.p, json.n);
    buf_free(&json);
    return text;
}

static bool read_phone(const struct reading *r, const char *country)
{
    struct str text = lead_phone_cell(r->record, &r->rules->columns);
    struct lead *l = &r->out->lead;
    struct phone_cell phones;
    const char *wrong = phone_cell_read(text, country, &phones);

    if (wrong && csv_is_footer(r->record)) {
        r->report->skipped++;
        return false;
    }
    if (wrong)
        return refuse(r, LEAD_PHONE, wrong, text);
    if (phones.primary.converted)
        note(r, "NUMBER_CONVERTED", LEAD_PHONE);
    if (phones.nothers) {
        note(r, "MULTIPLE_NUMBERS", LEAD_PHONE);
        l->metadata.text = write_others(r, &phones);
    }
    r->out->phone = phones.primary;
    l->phone = arena_strdup(r->arena, phones.primary.text);
    return true;
}

/* The country a national number was written in, and the one its rules come from later. */
static const char *read_country(const struct reading *r)
{
    struct str text = cell(r, LEAD_COUNTRY);
    const char *country = country_read(text);

    if (text.n && !country)
        note(r, "VALUE_IGNORED", LEAD_COUNTRY);
    return country;
}

static void settle_country(const struct reading *r, const char *stated)
{
    const char *phone = r->out->phone.text, *ruled_by = phone_country(phone);
    struct lead *l = &r->out->lead;

    if (stated && ruled_by && strcmp(country_of_rules(stated), ruled_by) != 0)
        note(r, "COUNTRY_MISMATCH", LEAD_COUNTRY);
    l->country_iso = stated ? stated : phone_region(phone);
}

/* A name, or its halves, or the number: a lead is called something. */
static bool read_name(const struct reading *r)
{
    const char *first, *last;
    struct lead *l = &r->out->lead;

    if (!read_text(r, LEAD_NAME, 255, &l->name) || !read_text(r, LEAD_FIRST_NAME, 127, &first)
        || !read_text(r, LEAD_LAST_NAME, 127, &last))
        return false;
    if (!l->name && first && last)
        l->name = arena_printf(r->arena, "%s %s", first, last);
    if (!l->name)
        l->name = first ? first : last ? last : l->phone;
    return true;
}

static bool is_email(struct str s)
{
    const char *at = memchr(s.p, '@', s.n);

    return at && at > s.p && at < s.p + s.n - 1 && s.n <= 254 && !memchr(s.p, ' ', s.n);
}

static void read_extras(const struct reading *r)
{
    struct str email = cell(r, LEAD_EMAIL), language = cell(r, LEAD_LANGUAGE);
    struct lead *l = &r->out->lead;

    if (email.n && is_email(email))
        l->email = arena_strndup(r->arena, email.p, email.n);
    else if (email.n)
        note(r, "VALUE_IGNORED", LEAD_EMAIL);
    l->preferred_lang = language_read(language);
    if (language.n && !l->preferred_lang)
        note(r, "VALUE_IGNORED", LEAD_LANGUAGE);
}

static bool read_consent_date(const struct reading *r)
{
    struct str text = cell(r, LEAD_CONSENT_DATE);
    struct tstamp *date = &r->out->lead.consent_date;

    if (text.n == 0)
        return true;
    const char *wrong = date_cell_read(text, date);
    if (!wrong && date->us > r->rules->now_us)
        wrong = "CONSENT_DATE_IN_FUTURE";
    return !wrong || refuse(r, LEAD_CONSENT_DATE, wrong, text);
}

static bool read_consent(const struct reading *r)
{
    struct lead *l = &r->out->lead;

    if (!consent_read(cell(r, LEAD_CONSENT_STATUS), &l->consent_status))
        note(r, "CONSENT_WORD_UNKNOWN", LEAD_CONSENT_STATUS);
    if (objection_read(cell(r, LEAD_DO_NOT_CALL)))
        l->consent_status = CONSENT_DENIED;
    if (!read_text(r, LEAD_CONSENT_BASIS, 64, &l->consent_basis)
        || !read_text(r, LEAD_CONSENT_SOURCE, 255, &l->consent_source) || !read_consent_date(r))
        return false;
    if (l->consent_status == CONSENT_GRANTED && (!l->consent_date.us || !l->consent_source))
        note(r, "CONSENT_WITHOUT_PROOF", LEAD_CONSENT_STATUS);
    return true;
}

static bool is_own_campaign(const struct reading *r)
{
    struct str text = cell(r, LEAD_CAMPAIGN_ID);
    char expected[24];
    int n = snprintf(expected, sizeof(expected), "%lld", (long long)r->rules->campaign_id);

    if (text.n == 0 || str_eq(text, (struct str){expected, (size_t)n}))
        return true;
    return refuse(r, LEAD_CAMPAIGN_ID, "CAMPAIGN_MISMATCH", STR(""));
}

bool import_row_read(struct arena *a, const struct import_rules *rules,
                     const struct csv_record *record, struct import_report *report,
                     struct import_row *out)
{
    const struct reading r = {a, rules, record, report, out};
    struct lead *l = &out->lead;

    *out = (struct import_row){0};
    if (record->fault) {
        import_error(report, &(struct import_error){record->line, NULL, record->fault, STR("")});
        return false;
    }
    const char *country = read_country(&r);
    if (!read_phone(&r, country ? country : rules->default_country) || !is_own_campaign(&r)
        || !read_name(&r) || !read_text(&r, LEAD_COMPANY, 255, &l->company)
        || !read_text(&r, LEAD_ROLE, 255, &l->role) || !read_consent(&r))
        return false;
    settle_country(&r, country);
    read_extras(&r);
    return true;
}
