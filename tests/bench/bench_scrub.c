/*
 * bench_scrub.c - a tenant's leads compared with a registry that it has imported.
 *
 * usage: bench_scrub [LEADS ENTRIES]     default 1000000 10000000
 *
 * Prints rows "name | ours | goal | peer"; to meet at the default: 60 s.  Needs DATABASE_URL.
 */

#include "common/base/clock.h"
#include "common/compliance/scrub.h"
#include "tests/support/check.h"
#include "tests/support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { LEADS = 1000000, ENTRIES = 10000000, LIMIT_S = 60 };
static const char registry[] = "National DNC Registry";

/* Every twentieth number is a lead's, and the list has half of the leads. */
static int64_t fill(struct testdb *db, long leads, long entries)
{
    int64_t tenant = testdb_tenant(db);

    free(testdb_sql(db,
                    "INSERT INTO leads (tenant_id, name, phone, country_iso) "
                    "SELECT %lld, 'Lead', '+1' || (2120000000 + 20 * i)::text, 'US' "
                    "FROM generate_series(1, %ld) i",
                    (long long)tenant, leads));
    free(testdb_sql(db,
                    "INSERT INTO dnc_entries (tenant_id, e164, source, country_iso, registry, "
                    "listed_at) SELECT %lld, '+1' || (2120000000 + i)::text, 'registry', 'US', "
                    "'%s', now() FROM generate_series(1, %ld) i",
                    (long long)tenant, registry, entries));
    free(testdb_sql(db,
                    "INSERT INTO dnc_imports (tenant_id, mode, source, registry, scrubbed_at, "
                    "finished_at) VALUES (%lld, 'full', 'registry', '%s', now(), now())",
                    (long long)tenant, registry));
    return tenant;
}

static long peak_rss_kb(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

int main(int argc, char **argv)
{
    long leads = argc > 2 ? strtol(argv[1], NULL, 10) : LEADS,
         entries = argc > 2 ? strtol(argv[2], NULL, 10) : ENTRIES;
    void *state = NULL;
    struct scrub_run run;

    testdb_setup(&state);
    struct testdb *db = state;
    struct op op = testdb_op(db, fill(db, leads, entries));
    long rss = peak_rss_kb();
    int64_t start = clock_mono_us();
    bool ok = scrub_run(&op, registry, &run);
    double took = (double)(clock_mono_us() - start) / 1e6;
    if (!ok)
        fprintf(stderr, "%s (%s)\n", op.err.message, op.err.cause ? op.err.cause : "");
    else
        printf("compare %ld leads with a registry of %ld, s | %.1f | <= %d | -\n"
               "registry comparison: leads on the list | %lld | - | -\n"
               "registry comparison: RSS growth, MB | %.1f | - | -\n",
               leads, entries, took, LIMIT_S, (long long)run.listed,
               (double)(peak_rss_kb() - rss) / 1024);
    op_end(&op);
    testdb_teardown(&state);
    return ok && took <= LIMIT_S ? 0 : 1;
}
