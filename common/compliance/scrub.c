/* scrub.c - the rules know their registries, the leads their numbers. */

#include "common/compliance/scrub.h"

#include "common/base/clock.h"
#include "common/compliance/registry_list.h"
#include "common/number/country.h"
#include "common/store/db.h"
#include "queries.h"

enum { REGISTRY_NAME_MAX = 128 };

static const struct field answer_fields[] = {
    FIELD(struct scrub_answer, country_iso, .flags = F_REQUIRED, .check = country_complaint),
    FIELD(struct scrub_answer, registry, .min = 1, .max = REGISTRY_NAME_MAX),
    FIELD(struct scrub_answer, scrubbed_at, .flags = F_REQUIRED),
    FIELD(struct scrub_answer, listed),
    FIELD(struct scrub_answer, delimiter, .check = csv_delimiter_complaint),
};
const struct type scrub_answer_type = TYPE(struct scrub_answer, answer_fields);

static const struct field summary_fields[] = {
    FIELD(struct scrub_summary, registry),     FIELD(struct scrub_summary, country_iso),
    FIELD(struct scrub_summary, numbers),      FIELD(struct scrub_summary, valid_numbers),
    FIELD(struct scrub_summary, oldest),       FIELD(struct scrub_summary, newest),
    FIELD(struct scrub_summary, next_expiry),  FIELD(struct scrub_summary, last_expiry),
    FIELD(struct scrub_summary, listed_as_of), FIELD(struct scrub_summary, missing_from),
};
const struct type scrub_summary_type = TYPE(struct scrub_summary, summary_fields);

static const char in_the_future[] = "must not be in the future";

/* Those after one lead; *after = the last of them, 0 = there are no more. */
static bool record_piece(struct op *whole, const char *country_iso, struct tstamp at,
                         int64_t *after, int64_t *n)
{
    struct op op = op_part(whole);
    struct rows piece;
    bool ok = db_query(&op, &SQL_SCRUB_RECORD_NEXT,
                       ARGS({"country_iso", country_iso}, {"at", sql_tstamp(&op, at)},
                            {"after", sql_i64(&op, *after)}),
                       &piece);

    if (ok) {
        *after = db_i64(&piece, 0, "last");
        *n += db_i64(&piece, 0, "written");
    } else {
        op_fail_like(whole, &op);
    }
    op_end(&op);
    return ok;
}

bool scrub_record(struct op *op, const char *country_iso, struct tstamp at, int64_t *n)
{
    int64_t after = 0;

    if (at.us > clock_now_us()) {
        err_detail(op, "scrubbed_at", in_the_future);
        return fail(op, E_VALIDATION_ERROR, "Request validation failed");
    }
    *n = 0;
    do {
        if (!record_piece(op, country_iso, at, &after, n))
            return false;
    } while (after);
    return true;
}

/* The registry of the answer's country by its name in the law, which is how decisions look for it.
 */
static bool check_answer(struct op *op, const struct scrub_answer *a, const struct rows *law)
{
    const char *registry = law->n ? db_text(law, 0, "registry") : NULL;
    bool other = registry && a->registry && strcmp(a->registry, registry) != 0;
    bool future = a->scrubbed_at.us > clock_now_us();

    if (!registry)
        err_detail(op, "country_iso", "has no registry in force");
    if (other)
        err_detail(op, "registry", arena_printf(&op->arena, "must be %s", registry));
    if (future)
        err_detail(op, "scrubbed_at", in_the_future);
    return (registry && !other && !future)
           || fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

struct dnc_import *scrub_answer_open(struct op *op, const struct scrub_answer *a)
{
    struct rows law;

    if (!db_query(op, &SQL_SCRUB_REGISTRY, ARGS({"country_iso", a->country_iso}), &law)
        || !check_answer(op, a, &law))
        return NULL;
    int64_t valid_us = db_i64(&law, 0, "validity_days") * INT64_C(86400000000);
    return dnc_import_begin(
        op, &(struct dnc_file){.terms = {.mode = DNC_MODE_ANSWER,
                                         .source = DNC_REGISTRY,
                                         .registry = db_text(&law, 0, "registry"),
                                         .country_iso = a->country_iso,
                                         .scrubbed_at = a->scrubbed_at},
                               .delimiter = a->delimiter,
                               .listed = a->listed,
                               .expired = a->scrubbed_at.us + valid_us <= clock_now_us()});
}

bool scrub_summaries(struct op *op, struct scrub_summary **out, int *n)
{
    struct rows rows;

    if (!db_query(op, &SQL_SCRUB_SUMMARY, NO_ARGS, &rows))
        return false;
    *n = rows.n;
    return (*out = from_rows(op, &rows, &scrub_summary_type)) != NULL;
}

static bool run_pieces(struct op *op, const char *registry, struct scrub_run *out)
{
    int64_t after = 0;

    do {
        struct op part = op_part(op);
        struct rows piece;
        bool ok = db_query(&part, &SQL_SCRUB_RUN_NEXT,
                           ARGS({"registry", registry}, {"after", sql_i64(&part, after)},
                                {"at", sql_tstamp(&part, out->at)}),
                           &piece);
        if (ok) {
            after = db_i64(&piece, 0, "last");
            out->compared += db_i64(&piece, 0, "compared");
            out->listed += db_i64(&piece, 0, "listed");
        } else {
            op_fail_like(op, &part);
        }
        op_end(&part);
        if (!ok)
            return false;
    } while (after);
    return true;
}

bool scrub_run(struct op *op, const char *registry, struct scrub_run *out)
{
    struct registry_list list;

    *out = (struct scrub_run){0};
    if (!registry_list_get(op, registry, &list))
        return false;
    if (!list.listed_as_of.us)
        return fail(op, E_INVALID_STATE, "All of %s has never been imported (mode=full)", registry);
    out->at = list.listed_as_of;
    out->missing_from = list.missing_from;
    return run_pieces(op, registry, out);
}
