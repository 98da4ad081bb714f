/*
 * bench_dnc.c - a million do-not-call numbers by CSV: seconds, and what the process grew by.
 *
 * Prints rows "name | ours | goal | peer"; figures to meet: 10 s and 64 MB.  Needs DATABASE_URL; a
 * tenant of its own.
 */

#include "common/base/clock.h"
#include "common/compliance/dnc_import.h"
#include "common/store/migrate.h"
#include "common/store/pool.h"
#include "common/tenant/tenant.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NUMBERS = 1000000, LIMIT_MS = 10000, LIMIT_KB = 64 * 1024, PIECE = 16 * 1024 };

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
    static const struct dnc_import_options options = {.country_iso = "IT", .source = "registry"};
    struct dnc_import *imp = dnc_import_open(op, &options);
    struct buf piece = {0};
    bool ok = imp != NULL;

    buf_str(&piece, "numero\n");
    for (int i = 0; ok && i < NUMBERS; i++) {
        buf_printf(&piece, "34%08d\n", i);
        if (piece.n < PIECE)
            continue;
        ok = dnc_import_feed(op, imp, buf_view(&piece));
        buf_reset(&piece);
    }
    ok = ok && dnc_import_feed(op, imp, buf_view(&piece)) && dnc_import_finish(op, imp, reply);
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
    if (!tenant_create(&op, "DNC bench", false, &tenant))
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

    printf("import %d do-not-call numbers, s | %.2f | <= %.1f | -\n", NUMBERS,
           (double)took_ms / 1e3, LIMIT_MS / 1e3);
    printf("do-not-call import: RSS growth, MB | %.1f | <= %d | -\n", (double)grown_kb / 1024,
           LIMIT_KB / 1024);
    printf("do-not-call import: CPU of the importing process, s | %.2f | - | -\n",
           (double)cpu_ms / 1e3);
    op_end(&op);
    pool_close(app.pool);
    buf_free(&reply);
    return met ? 0 : 1;
}
