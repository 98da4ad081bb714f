/* dialling.c - find the requests that may be leaving, then look until they are gone. */

#include "common/campaign/dialling.h"

#include "common/base/clock.h"
#include "common/number/country.h"
#include "common/number/phone_facts.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "queries.h"

/* An intent can be sent for five seconds; ten mean that Postgres's clock was set back. */
enum { LOOK_EVERY_MS = 10, WAIT_MOST_US = 10 * 1000 * 1000 };

const char *const dialling_scope_names[] = {
    "platform", "tenant", "country", "campaign", "provider", "from_number", "agent", NULL,
};

static bool is_of(const char *country_iso, const char *key)
{
    return country_iso && strcmp(country_of_rules(country_iso), key) == 0;
}

/* The country is the number's or the lead's, whichever a claim would have been held for. */
static bool concerns(const struct rows *rows, int i, enum dialling_scope scope, const char *key)
{
    return scope != DIALLING_COUNTRY || is_of(db_text(rows, i, "country_iso"), key)
           || is_of(phone_country(db_text(rows, i, "to_number")), key);
}

/*
 * Only those there are now: whatever is claimed after the caller's commit is none of the caller's
 * business, so that a halt lifted meanwhile ends the wait too.
 */
static bool find_leaving(struct op *op, enum dialling_scope scope, const char *key,
                         struct sql_array *ids, int *n)
{
    struct rows rows;

    *n = 0;
    if (!db_query(op, &SQL_DIALLING_LEAVING,
                  ARGS({"scope", dialling_scope_names[scope]}, {"key", key}), &rows))
        return false;
    for (int i = 0; i < rows.n; i++)
        if (concerns(&rows, i, scope, key)) {
            sql_array_add(ids, db_text(&rows, i, "id"));
            ++*n;
        }
    return true;
}

/* With memory and a session of its own: there are hundreds of looks, and pauses between them. */
static bool look(struct op *op, const char *ids, bool *leaving)
{
    struct op part = op_part(op);
    struct rows rows;
    bool ok = db_query(&part, &SQL_DIALLING_STILL_LEAVING, ARGS({"ids", ids}), &rows);

    *leaving = ok && db_i64(&rows, 0, "n") > 0;
    if (!ok)
        op_fail_like(op, &part);
    op_end(&part);
    return ok;
}

static bool wait_for(struct op *op, const char *ids)
{
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000L * 1000};
    int64_t give_up_us = clock_mono_us() + WAIT_MOST_US;
    bool leaving = true;

    while (leaving) {
        if (!look(op, ids, &leaving))
            return false;
        if (leaving && (clock_mono_us() > give_up_us || op_time_left_ms(op, LOOK_EVERY_MS) == 0))
            return fail(op, E_SERVICE_UNAVAILABLE,
                        "It is done, but calls claimed before may still start; try again");
        if (leaving)
            nanosleep(&pause, NULL);
    }
    return true;
}

bool dialling_settle(struct op *op, enum dialling_scope scope, const char *key)
{
    struct sql_array ids = {0};
    int n;

    bool ok = find_leaving(op, scope, key, &ids, &n);
    db_release(op);
    ok = ok && (n == 0 || wait_for(op, sql_array_close(&ids)));
    sql_array_free(&ids);
    return ok;
}
