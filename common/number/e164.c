/* e164.c - digits to a number: with a plus by calling code, without one by country. */

#include "common/number/e164.h"

#include "common/number/calling_codes.h"

enum {
    SHORT_CODE_DIGITS = 6, /* 112, 1515, 40404: nobody's subscriber number */
    E164_DIGITS_MAX = 15,
};

static bool in_plan(const struct calling_code *cc, size_t digits)
{
    return digits >= cc->min_digits && digits <= cc->max_digits;
}

/* Area code and exchange of the North American plan begin with 2-9; N9X is kept for later. */
static bool is_nanp(struct str national)
{
    return national.p[0] >= '2' && national.p[1] != '9' && national.p[3] >= '2';
}

/* Fixed numbers keep their 0, mobile ones begin with 3; 2, 6 and 9 begin nothing. */
static bool is_italian(struct str national)
{
    switch (national.p[0]) {
    case '0': return national.n <= 11;
    case '3': return national.n >= 9 && national.n <= 10;
    case '2':
    case '6':
    case '9': return false;
    default: return true;
    }
}

static bool is_national(const struct calling_code *cc, struct str national)
{
    if (!in_plan(cc, national.n) || (cc->trunk[0] == '0' && national.p[0] == '0'))
        return false;
    return cc->code == 1 ? is_nanp(national) : cc->code != 39 || is_italian(national);
}

/* Without the trunk prefix, when dropping it leaves a number of this plan. */
static bool drop_trunk(const struct calling_code *cc, struct str *national)
{
    struct str trunk = str_of(cc->trunk);
    struct str rest = {national->p + trunk.n, national->n - trunk.n};

    if (trunk.n == 0 || !str_starts(*national, trunk) || !is_national(cc, rest))
        return false;
    *national = rest;
    return true;
}

static enum number_fault accept(const struct calling_code *cc, struct str national,
                                struct e164 *out)
{
    size_t width = calling_code_width(cc), n = 0;

    if (width + national.n > E164_DIGITS_MAX)
        return NUMBER_INVALID;
    out->text[n++] = '+';
    for (unsigned scale = width == 3 ? 100 : width == 2 ? 10 : 1; scale; scale /= 10)
        out->text[n++] = (char)('0' + cc->code / scale % 10);
    memcpy(out->text + n, national.p, national.n);
    out->text[n + national.n] = '\0';
    return NUMBER_OK;
}

/* +44 (0)20 ...: people write the trunk 0 behind the calling code, where it does not belong. */
static enum number_fault parse_international(struct str digits, struct e164 *out)
{
    const struct calling_code *cc = calling_code_of_number(digits);

    if (!cc)
        return NUMBER_INVALID;
    size_t width = calling_code_width(cc);
    struct str national = {digits.p + width, digits.n - width};
    if (!is_national(cc, national)) {
        if (national.n < cc->min_digits && national.n <= 4)
            return NUMBER_SHORT_OR_EMERGENCY;
        if (cc->trunk[0] != '0' || !drop_trunk(cc, &national))
            return NUMBER_INVALID;
        out->converted = true;
    }
    return accept(cc, national, out);
}

/*
 * A spreadsheet eats leading zeros.  In Italy the zero is part of the number,
 * and where lengths vary its absence cannot be told from another country's
 * number without a plus.
 */
static bool may_have_lost_a_zero(const struct calling_code *cc, struct str digits)
{
    if (cc->code == 39)
        return digits.p[0] != '0' && (digits.p[0] != '3' || digits.n != 10)
               && !(digits.p[0] == '8' && digits.p[1] == '0' && digits.n == 9);
    return cc->trunk[0] == '0' && digits.p[0] != '0' && cc->max_digits - cc->min_digits > 1;
}

/* 393491234567, written in Italy, with its plus lost on the way. */
static bool has_own_code(const struct calling_code *cc, struct str digits, struct str *national)
{
    const struct calling_code *first = calling_code_of_number(digits);
    size_t width = calling_code_width(cc);

    if (!first || first->code != cc->code || digits.n <= width)
        return false;
    *national = (struct str){digits.p + width, digits.n - width};
    return is_national(cc, *national);
}

static enum number_fault parse_national(struct str digits, const struct calling_code *cc,
                                        struct e164 *out)
{
    struct str national = digits, abroad;
    bool dropped = drop_trunk(cc, &national);
    bool here = dropped || is_national(cc, national);
    bool plus_lost = has_own_code(cc, digits, &abroad);

    if (plus_lost && here && !str_eq(abroad, national))
        return NUMBER_AMBIGUOUS;
    if (plus_lost && !here) {
        out->converted = true;
        return accept(cc, abroad, out);
    }
    if (!dropped && may_have_lost_a_zero(cc, digits))
        return digits.n <= E164_DIGITS_MAX ? NUMBER_AMBIGUOUS : NUMBER_INVALID;
    return here ? accept(cc, national, out) : NUMBER_INVALID;
}

enum number_fault e164_parse(struct str text, const char *default_country, struct e164 *out)
{
    struct number_text t;
    enum number_fault fault = number_text_read(text, &t);
    struct str digits = {t.digits, t.n};

    *out = (struct e164){.converted = t.repaired};
    if (fault != NUMBER_OK)
        return fault;
    if (t.international)
        return parse_international(digits, out);
    const struct calling_code *cc = calling_code_of_country(default_country);
    if (t.n <= SHORT_CODE_DIGITS && (!cc || !is_national(cc, digits)))
        return NUMBER_SHORT_OR_EMERGENCY;
    return cc ? parse_national(digits, cc, out) : NUMBER_NO_COUNTRY;
}

const char *e164_complaint(const char *s)
{
    struct e164 parsed;

    if (e164_parse(str_of(s), NULL, &parsed) == NUMBER_OK && strcmp(parsed.text, s) == 0)
        return NULL;
    return "must be an E.164 number such as +393491234567";
}

uint64_t e164_key(const struct e164 *number)
{
    uint64_t key = 0;

    for (const char *p = number->text + 1; *p; p++)
        key = key * 10 + (uint64_t)(*p - '0');
    return key;
}
