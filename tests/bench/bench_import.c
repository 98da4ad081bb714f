/*
 * bench_import.c - 100,000 leads by CSV: seconds, and what the process grew by.
 *
 * Prints rows "name | ours | goal | peer"; figures to meet: 3 s and 16 MB.  Needs DATABASE_URL; a
 * tenant of its own.
 */

#include "common/base/clock.h"
#include "common/lead/import.h"
#include "common/store/migrate.h"
#include "common/store/pool.h"
#include "common/tenant/tenant.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LEADS = 100000, LIMIT_MS = 3000, LIMIT_KB = 16 * 1024, PIECE = 16 * 1024 };

static long peak_rss_kb(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

static int64_t cpu_us(void)
{
    return clock_read_us(CLOCK_PROCESS_CPUTIME_ID);
}

static int die(const struct op *op, const char *what)
{
    fprintf(stderr, "%s: %s: %s (%s)\n", what, err_name(op->err.code), op->err.message,
            op->err.cause ? op->err.cause : "");
    return 1;
}

/* Produced piece by piece, so that the file itself takes no memory. */
static bool import(struct op *op, struct buf *reply)
{
    static const struct lead_import_options options = {.country_iso = "IT"};
    struct lead_import *imp = lead_import_open(op, &options);
    struct buf piece = {0};
    bool ok = imp != NULL;

    buf_str(&piece, "Nome,Telefono,Email,Azienda,Paese,Consenso,Data consenso,Fonte consenso\n");
    for (int i = 0; ok && i < LEADS; i++) {
        buf_printf(
            &piece,
            "Lead %06d,34 9%07d,lead%06d@example.com,Company %d,IT,s\u00ec,2026-01-02,form\n", i, i,
            i, i % 500);
        if (piece.n < PIECE)
            continue;
        ok = lead_import_feed(op, imp, buf_view(&piece));
        buf_reset(&piece);
    }
    ok = ok && lead_import_feed(op, imp, buf_view(&piece)) && lead_import_finish(op, imp, reply);
    buf_free(&piece);
    return ok;
}

int main(void)
{
    const char *url = getenv("DATABASE_URL");
    struct app app = {0};
    struct op op = {.app = &app, .request_id = "req_bench"};
    struct buf reply = {0};
    struct tenant tenant = {0};

    if (!url || !migrate(&op, url, NULL))
        return die(&op, "migrate");
    app.pool = pool_open(url, 4, 10000);
    if (!tenant_create(&op, "Import bench", false, &tenant))
        return die(&op, "tenant");
    op_end(&op);
    op = (struct op){.app = &app, .request_id = "req_bench", .tenant_id = tenant.id};

    long rss = peak_rss_kb();
    int64_t start = clock_mono_us(), cpu = cpu_us();
    if (!import(&op, &reply))
        return die(&op, "import");
    int64_t took_ms = (clock_mono_us() - start) / 1000, cpu_ms = (cpu_us() - cpu) / 1000;
    long grown_kb = peak_rss_kb() - rss;
    bool met = took_ms <= LIMIT_MS && grown_kb <= LIMIT_KB;

    printf("import %d leads by CSV, s | %.2f | <= %.1f | -\n", LEADS, (double)took_ms / 1e3,
           LIMIT_MS / 1e3);
    printf("import: RSS growth, MB | %.1f | <= %d | -\n", (double)grown_kb / 1024, LIMIT_KB / 1024);
    printf("import: CPU of the importing process, s | %.2f | - | -\n", (double)cpu_ms / 1e3);
    op_end(&op);
    pool_close(app.pool);
    buf_free(&reply);
    return met ? 0 : 1;
}
